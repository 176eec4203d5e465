/** The bar above the page after the purchase. It can be closed, and opens the gifts only when it is asked to. */
import "@shopify/ui-extensions/preact";
import { render } from "preact";
import { packFor, type Pack } from "./desk.js";
import { Gifts } from "./gifts.js";

declare const shopify: import("@shopify/ui-extensions/purchase.thank-you.announcement.render").Api;

export default async (): Promise<void> => {
  const { order, number } = shopify.orderConfirmation.value;
  const pack = await packFor(order.id, number, shopify);
  if (pack) render(<Bar pack={pack} />, document.body);
};

function Bar({ pack }: { readonly pack: Pack }) {
  const say = shopify.i18n.translate;
  return (
    <s-announcement>
      <s-stack direction="inline" gap="base" alignItems="center">
        <s-text color="subdued">{say("label")}</s-text>
        <s-text>{pack.gifts.map(({ what, seller }) => `${what} (${seller})`).join(" · ")}</s-text>
        <s-button variant="secondary" commandFor="alliance-gifts" command="--show">{say("show")}</s-button>
      </s-stack>
      <s-modal id="alliance-gifts" heading={pack.title || say("name")}>
        <Gifts pack={pack} platform={shopify} />
      </s-modal>
    </s-announcement>
  );
}
