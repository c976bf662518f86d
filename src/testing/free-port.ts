/** A port with a number, for what a test starts and cannot ask which one it got. */
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

/**
 * Below those that systems give to whoever asks for any, from 32,768 on: one of these would be somebody else's a moment
 * later, now and then, with so many tests that ask.
 */
const from = 20_000;
const below = 32_000;

/** More are taken only where something is wrong. */
const triesMax = 100;

export async function freePort(): Promise<number> {
  for (let tries = 1; ; tries += 1) {
    const port = randomInt(from, below);
    const server = createServer();
    try {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await once(server.listen(port, "127.0.0.1"), "listening");
    } catch (error) {
      if (tries === triesMax) throw error;
      continue;
    }
    server.close();
    // oxlint-disable-next-line no-await-in-loop
    await once(server, "close");
    return port;
  }
}
