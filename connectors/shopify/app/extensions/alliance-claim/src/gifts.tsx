/** The gifts of a purchase: what each is, where it works and until when; then, after a press on a button, its code. */
import { useState } from "preact/hooks";
import { claim, type Answer, type Gift, type Pack, type Platform } from "./desk.js";

interface Shown {
  readonly pack: Pack;
  readonly platform: Platform;
}

export function Gifts({ pack, platform }: Shown) {
  const say = platform.i18n.translate;
  const [answers, setAnswers] = useState<Readonly<Record<string, Answer>>>({});
  const [problem, setProblem] = useState("");
  const [asked, setAsked] = useState<readonly string[]>([]);
  const [isBusy, setIsBusy] = useState(false);
  const open = pack.gifts.filter(({ id }) => !answers[id]).map(({ id }) => id);

  async function ask(ids: readonly string[]): Promise<void> {
    setProblem("");
    setAsked(ids);
    setIsBusy(true);
    const told = await claim(pack, ids);
    setIsBusy(false);
    if (typeof told === "string") setProblem(told);
    else setAnswers((before) => ({ ...before, ...Object.fromEntries(told.map((each) => [each.id, each])) }));
  }

  return (
    <s-stack gap="base">
      <s-text color="subdued">{say("label")}</s-text>
      {pack.title && <s-heading>{pack.title}</s-heading>}
      {pack.gifts.map((gift) => (
        <s-stack key={gift.id} gap="small" border="base" borderRadius="base" padding="base">
          <s-text type="strong">{gift.what}</s-text>
          {gift.title && <s-text>{gift.title}</s-text>}
          <Foot gift={gift} answer={answers[gift.id]} platform={platform} isBusy={isBusy} ask={() => void ask([gift.id])} />
        </s-stack>
      ))}
      {open.length > 1 && (
        <s-button variant="primary" disabled={isBusy} onClick={() => void ask(open)}>{say("all")}</s-button>
      )}
      {problem && (
        <s-banner tone={problem === "offline" ? "warning" : "info"}>
          <s-text>{say(problem)}</s-text>
          {problem === "offline" && <s-button variant="secondary" onClick={() => void ask(asked)}>{say("again")}</s-button>}
        </s-banner>
      )}
    </s-stack>
  );
}

interface FootOf {
  readonly gift: Gift;
  readonly answer: Answer | undefined;
  readonly platform: Platform;
  readonly isBusy: boolean;
  readonly ask: () => void;
}

function Foot({ gift, answer, platform, isBusy, ask }: FootOf) {
  const say = platform.i18n.translate;
  const [isCopied, setIsCopied] = useState(false);
  if (answer && !answer.code) return <s-text>{say("gone", { shop: answer.shop || gift.seller })}</s-text>;
  const shop = answer?.shop || gift.seller;
  const day = answer?.until || gift.until;
  const terms = <s-text color="subdued">{day ? say("works_until", { shop, day }) : say("works", { shop })}</s-text>;
  if (!answer) {
    return (
      <>
        {terms}
        <s-button variant="secondary" disabled={isBusy} accessibilityLabel={say("get_of", { gift: gift.what })} onClick={ask}>{say("get")}</s-button>
      </>
    );
  }
  const copied = `code-${gift.id}`;
  return (
    <>
      {terms}
      <s-stack direction="inline" gap="base" alignItems="center">
        <s-text type="strong">{answer.code}</s-text>
        <s-clipboard-item id={copied} text={answer.code} onCopy={() => setIsCopied(true)} />
        <s-button variant="secondary" commandFor={copied} command="--copy" accessibilityLabel={`${say("copy")}: ${answer.code}`}>
          {say(isCopied ? "copied" : "copy")}
        </s-button>
        {answer.href && <s-link href={answer.href} target="_blank">{say("open")}</s-link>}
      </s-stack>
    </>
  );
}
