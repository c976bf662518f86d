import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { createLogger } from "../core/log.ts";
import { startServer } from "./start-server.ts";

test("startServer() lets pages of its origins call both entrances, and no others", async () => {
  const state = await mkdtemp(join(tmpdir(), "reef-"));
  const shop = "https://shop.example";
  const log = createLogger({ write: () => {} });
  try {
    await using server = await startServer({ state, port: 0, proxyPort: 0, origins: [shop], log });
    const ask = (url: string, origin: string) =>
      fetch(url, {
        method: "OPTIONS",
        headers: { origin, "access-control-request-method": "POST" },
      });
    for (const door of [`${server.gateway}/services`, `${server.proxy}/shop.v1.Shop/Buy`]) {
      // oxlint-disable-next-line no-await-in-loop -- in turn, so that a failure says which
      const [own, other] = await Promise.all([ask(door, shop), ask(door, "https://evil.example")]);
      assert.equal(own.headers.get("access-control-allow-origin"), shop, door);
      assert.equal(other.status, 403, door);
    }
  } finally {
    await rm(state, { recursive: true, force: true });
  }
});
