/** The block on the page after the purchase. */
import "@shopify/ui-extensions/preact";
import { render } from "preact";
import { packFor } from "./desk.js";
import { Gifts } from "./gifts.js";

declare const shopify: import("@shopify/ui-extensions/purchase.thank-you.block.render").Api;

export default async (): Promise<void> => {
  const { order, number } = shopify.orderConfirmation.value;
  const pack = await packFor(order.id, number, shopify);
  if (pack) render(<s-section><Gifts pack={pack} platform={shopify} /></s-section>, document.body);
};
