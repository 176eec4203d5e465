/** Runs the bundled pixel as in Shopify's sandbox: no page, no storage but what is handed in, and every call counted. */
import vm from "node:vm";
import { play, settled } from "./lines.mjs";

await play(async ({ code, settings, privacy, cookies = {}, events, isHubDown = false }) => {
  const [asked, listeners, extended] = [[], {}, []];
  const jar = new Map(Object.entries(cookies));
  const written = [];
  const browser = {
    cookie: {
      get: async (name) => jar.get(name) ?? "",
      set: async (text) => {
        written.push(text);
        const [, name, value, age] = /^(\w+)=([^;]*);.*max-age=(\d+)/.exec(text);
        if (Number(age)) jar.set(name, value);
        else jar.delete(name);
        return text;
      },
    },
    localStorage: new Proxy({}, { get: () => { throw new Error("localStorage was touched"); } }),
    sessionStorage: new Proxy({}, { get: () => { throw new Error("sessionStorage was touched"); } }),
    sendBeacon: () => { throw new Error("sendBeacon was used"); },
  };
  const subscribe = (name, tell) => (listeners[name] = tell);
  const problems = [];
  const sandbox = vm.createContext({
    URL, URLSearchParams, console,
    fetch: async (url, { body, headers = null, ...how }) => {
      asked.push({ url: String(url), body, headers, ...how });
      if (isHubDown) throw new TypeError("Failed to fetch");
      return { status: 204 };
    },
    shopify: { extend: (name, begin) => { extended.push(name); begin({
      settings, browser, analytics: { subscribe }, customerPrivacy: { subscribe }, init: { customerPrivacy: privacy },
    }); } },
  });
  vm.runInContext(code, sandbox);
  for (const event of events) {
    await Promise.resolve(listeners[event.name]?.(event)).catch((error) => problems.push(String(error)));
    await settled();
  }
  return { asked, written, problems, extended, kept: Object.fromEntries(jar), listens: Object.keys(listeners) };
});
