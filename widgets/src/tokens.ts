/** The click tokens that a page knows of: in its address, and in the cookie that a yes allowed. */

export const NAME = "alc";
export const TOKEN = /^[\w.~-]{8,160}$/;
/** The store keeps the last four; the hub decides which of them counts, and for how long. */
const MOST = 4;

export function tokens(): string[] {
  return new URLSearchParams(location.search).getAll(NAME).filter((each) => TOKEN.test(each)).slice(-MOST);
}

/** What the cookie holds; a browser that blocks storage holds nothing, or throws. */
export function cookie(): string[] {
  try {
    const found = /(?:^|; )alliance_alc=([^;]*)/.exec(document.cookie);
    return found ? found[1]!.split("!").filter((each) => TOKEN.test(each)) : [];
  } catch {
    return [];
  }
}

/** Each once, the newest last. */
export function lastOf(all: readonly string[]): string[] {
  return [...new Set([...all].reverse())].reverse().slice(-MOST);
}
