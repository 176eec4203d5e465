/** The block on the order's page in the shopper's account. */
import "@shopify/ui-extensions/preact";
import { render } from "preact";
import { packFor } from "./desk.js";
import { Gifts } from "./gifts.js";

declare const shopify: import("@shopify/ui-extensions/customer-account.order-status.block.render").Api;

export default async (): Promise<void> => {
  const order = shopify.order.value;
  const pack = await packFor(order?.id ?? "", order?.confirmationNumber, shopify);
  if (pack) render(<s-section><Gifts pack={pack} platform={shopify} /></s-section>, document.body);
};
