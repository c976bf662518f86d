/** A stream of a person's terminal lasts longer than a token: its login is renewed under it. */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { accessTokenMs } from "../../src/blocks/auth/index.ts";
import { openEnvironment } from "../../src/cli/open-environment.ts";
import { createTestTerminal, runLine } from "../../src/cli/test-platform.ts";
import { t } from "../../src/contract/builder.ts";
import { contract } from "../../src/contract/contract.ts";
import { method, stream } from "../../src/contract/method.ts";
import { lockNumbers } from "../../src/contract/numbers/lock-numbers.ts";
import { keptOf } from "../../src/framework/environments/login-credentials.ts";
import { Logins } from "../../src/framework/environments/logins.ts";
import { service } from "../../src/rpc/service.ts";
import { soon } from "../../src/testing/soon.ts";
import { openDoors, people, secret } from "./open-doors.ts";

const methods = { follow: method({ output: stream(t.object({ n: t.int32() })) }) };
const version = "1.0.0";
const numbers = { ticker: lockNumbers(contract("ticker", methods, { version }).descriptor) };

/** Says a number whenever the test does. */
function createTicker() {
  let next = Promise.withResolvers<number>();
  const ticker = service(contract("ticker", methods, { version, numbers }), {
    async *follow() {
      yield { n: 0 };
      for (;;) yield { n: await next.promise };
    },
  });
  function tick(n: number): void {
    const { resolve } = next;
    next = Promise.withResolvers();
    resolve(n);
  }
  return { ticker, tick };
}

test("reef stream goes on over the end of its token, until the login itself is over", async () => {
  const { ticker, tick } = createTicker();
  await using doors = await openDoors({ services: [ticker] });
  const { clock, proxy } = doors;
  const home = await mkdtemp(join(tmpdir(), "reef-"));
  await using _ = { [Symbol.asyncDispose]: () => rm(home, { recursive: true }) };
  const env = { XDG_CONFIG_HOME: home };
  const environment = { name: "staging", url: proxy.url };
  const { id, namespace } = people.ann;
  const realm = doors.auth.realm(namespace);
  const tokens = await realm.login(id, secret);
  const logins = new Logins(env);
  const kept = { url: proxy.url, account: id, namespace, ...keptOf(tokens, clock) };
  await logins.write(environment, kept);

  const stdout = createTestTerminal();
  const over = runLine(["stream", "ticker", "follow", "--json"], {
    env,
    stdout,
    openPlatform: ({ signal }) => openEnvironment({ environment, env, clock, signal }),
  });
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  const ended = over.then(({ stderr }) => assert.fail(`It has ended: ${stderr}`));
  const printed = async (n: number) => {
    while (!stdout.text.includes(`{"n":${n}}`)) {
      tick(n);
      // oxlint-disable-next-line no-await-in-loop -- it comes through sockets
      await Promise.race([turn(), ended]);
    }
  };
  await soon("the first answer", printed(0));
  const first = Number(tokens.refreshToken.split("~")[2]);
  for (let renewal = 1; renewal <= 2; renewal += 1) {
    // oxlint-disable-next-line no-await-in-loop
    await clock.advance(accessTokenMs * 0.81);
    // oxlint-disable-next-line no-await-in-loop
    await soon("the next login", renewedTo(first + renewal - 1));
    // oxlint-disable-next-line no-await-in-loop
    await soon("an answer", printed(renewal));
  }
  assert.ok(clock.wallMs() - doors.nowMs > accessTokenMs, "the first token is over");
  ended.catch(() => {});
  const { items } = await realm.sessions();
  for (const { id: session } of items) await realm.endSession(session);
  const { exitCode, stderr } = await soon("the end", over);
  assert.equal(exitCode, 1);
  assert.match(stderr, /revoked|log in again/);

  /** The next login is in its file, and the door has seen it. */
  async function renewedTo(generation: number): Promise<void> {
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop
      const text = await readFile(logins.pathOf("staging"), "utf8");
      const { refreshToken, accessToken } = JSON.parse(text);
      const isNext = Number(refreshToken.split("~")[2]) > generation;
      if (isNext && doors.exchanged.has(accessToken)) return;
      // oxlint-disable-next-line no-await-in-loop
      await Promise.race([turn(), ended]);
    }
  }
});
