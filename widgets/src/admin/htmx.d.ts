/** The one door of htmx that we use; its own types describe far more. */
declare module "htmx.org" {
  const htmx: { process(element: Element): void };
  export default htmx;
}
