/** Who may come to a public port, and what the program behind it hears of that. */
import assert from "node:assert/strict";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { connect } from "node:net";
import { test } from "node:test";

import { grant } from "../../blocks/auth/conformance/fixture.ts";
import { openTestAuth } from "../../blocks/auth/drivers/store/test-auth.ts";
import { Doorkeeper } from "../../rpc/doorkeeper.ts";
import { closed } from "../../testing/closed.ts";
import { createManualClock } from "../../testing/manual-clock.ts";
import { soon } from "../../testing/soon.ts";
import { openFixture } from "./fixtures/open-fixture.ts";

const toApp = { type: "service", name: "app", endpoint: "http" };

async function openGuarded(stack: AsyncDisposableStack) {
  const { auth } = await openTestAuth();
  const realm = auth.realm("default");
  await realm.putRule(grant("", { id: "everybody", resource: toApp }));
  await realm.putRule(grant("staff", { id: "staff", resource: toApp }));
  const clock = createManualClock({ wallMs: 1_800_000_000_000 });
  async function openDoorkeeper() {
    const doorkeeper = stack.use(new Doorkeeper({ auth, audience: "gateway", clock }));
    await doorkeeper.present;
    return doorkeeper;
  }
  const it = stack.use(await openFixture({}, { openDoorkeeper }));
  const heard: IncomingMessage["headers"][] = [];
  await it.open(
    ({ headers }, response) => {
      heard.push(headers);
      response.end();
    },
    (socket) =>
      socket.write("HTTP/1.1 101 Ok\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"),
  );
  async function ask(authorization?: string): Promise<number> {
    const headers = { "x-reef-caller": "user:root", ...(authorization && { authorization }) };
    return (await fetch(it.url, { headers })).status;
  }
  async function tokenOf(id: string, scopes: readonly string[]): Promise<string> {
    await realm.createAccount({ id, scopes });
    return `Bearer ${(await realm.issue(id)).accessToken}`;
  }
  return { realm, heard, ask, tokenOf, port: it.port };
}

test("a public port tells the program who comes, and leaves to it what it understands itself", async () => {
  await using stack = new AsyncDisposableStack();
  const { heard, ask, tokenOf } = await openGuarded(stack);
  const ann = await tokenOf("user:ann", ["staff"]);
  for (const shown of [undefined, "Basic YTpi", "Bearer its-own", ann]) {
    // oxlint-disable-next-line no-await-in-loop -- in turn, as they are looked at
    assert.equal(await ask(shown), 200);
  }
  assert.deepEqual(
    heard.map(({ authorization, "x-reef-caller": caller }) => [authorization, caller]),
    [
      [undefined, undefined],
      ["Basic YTpi", undefined],
      ["Bearer its-own", undefined],
      [undefined, "user:ann"],
    ],
  );
  // What says that it is the platform's is held to that.
  assert.equal(await ask(`${ann.slice(0, -8)}AAAAAAAA`), 401);
});

test("a public port lets in whom the rules let in, and ends what is open when they change", async () => {
  await using stack = new AsyncDisposableStack();
  const { realm, ask, tokenOf, port } = await openGuarded(stack);
  const ann = await tokenOf("user:ann", ["staff"]);
  const tom = await tokenOf("user:tom", []);
  // The port is open from here on.
  assert.equal(await ask(ann), 200);
  await realm.deleteRule("everybody");
  await soon(
    "A refusal",
    until(async () => (await ask()) === 401),
  );
  assert.equal(await ask("Basic YTpi"), 401);
  assert.equal(await ask(tom), 403);
  assert.equal(await ask(ann), 200);
  const socket = stack.adopt(connect(port, "127.0.0.1"), (open) => void open.destroy());
  socket.write(
    `GET / HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${ann}\r\nConnection: Upgrade\r\n` +
      "Upgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
      "Sec-WebSocket-Version: 13\r\n\r\n",
  );
  const [head] = await soon("An answer", once(socket, "data"));
  assert.match(String(head), /^HTTP\/1\.1 101/);
  const end = closed(socket);
  await realm.deleteRule("staff");
  await soon("The end", end);
});

async function until(isSo: () => Promise<boolean>): Promise<void> {
  // oxlint-disable-next-line no-await-in-loop -- each look is another moment
  while (!(await isSo()));
}
