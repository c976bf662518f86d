import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";

import { portOwner } from "./port-owner.ts";

test("portOwner() names the process that listens, and nobody for a free port", async (t) => {
  if (process.platform !== "linux") return t.skip("only Linux tells");
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  assert.match(String(await portOwner(port)), new RegExp(`\\(pid ${process.pid}\\)$`));
  server.close();
  await once(server, "close");
  assert.equal(await portOwner(port), undefined);
});
