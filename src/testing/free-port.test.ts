import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import { freePort } from "./free-port.ts";

test("freePort() finds ports that can be listened on, and that nobody gets who asks for any", async () => {
  for (let n = 0; n < 10; n += 1) {
    const port = await freePort();
    assert.ok(port < 32_768, `${port}`);
    const server = createServer().listen(port, "127.0.0.1");
    await once(server, "listening");
    server.close();
  }
});
