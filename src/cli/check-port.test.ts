import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { test } from "node:test";

import { checkPort } from "./check-port.ts";

test("checkPort() names who has a port, and has nothing against one that is free", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await assert.rejects(checkPort(port), {
    code: "already_exists",
    message: new RegExp(`port ${port}: .+ has it; choose another one`),
  });
  server.close();
  await once(server, "close");
  await checkPort(port);
});
