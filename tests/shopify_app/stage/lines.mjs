/** Plays one scene for each line of JSON that comes in, and answers with one line of JSON. */
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

/** Packages of the app, from wherever this file lies. */
export const need = createRequire(process.env.ALLIANCE_APP_PACKAGES);

export async function play(scene) {
  for await (const line of createInterface({ input: process.stdin })) {
    let told;
    try {
      told = { ok: await scene(JSON.parse(line)) };
    } catch (error) {
      told = { error: String(error.stack ?? error) };
    }
    process.stdout.write(`${JSON.stringify(told)}\n`);
  }
}

/** Until nothing that was begun goes on: no scene waits for a clock. */
export async function settled() {
  for (let round = 0; round < 30; round++) await new Promise(setImmediate);
}
