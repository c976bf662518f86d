/** Bad tokens of every kind and mutants of a good one, at every entrance: none gets in, and nobody is asked for it. */
import assert from "node:assert/strict";
import { Socket } from "node:net";
import { after, before, mock, test } from "node:test";

import { mutantsOf, badTokens } from "../../src/core/test-bad-tokens.ts";
import {
  openTokenEntrances,
  type Outcome,
  type TokenEntrance,
  type What,
} from "./token-entrances.ts";
import { type Doors, openDoors } from "./open-doors.ts";

/** At each entrance; ten thousand take a minute. */
const { REEF_MUTATIONS: asked, CI: isGate } = process.env;
const mutations = Number(asked ?? (isGate ? 10_000 : 500));
const seed = Number(process.env["REEF_SEED"] ?? 20_261_129);

let doors: Doors;
let entrances: readonly TokenEntrance[];
let good: string;

before(async () => {
  doors = await openDoors();
  await doors.closeServices();
  good = await doors.tokenOf("owner");
  entrances = openTokenEntrances(doors);
});

after(async () => {
  for (const each of entrances) each.close();
  await doors[Symbol.asyncDispose]();
});

/** Whereto anybody connects meanwhile, but for callers to the doors. */
function watchConnections(): { readonly seen: string[]; stop(): void } {
  const { gateway, proxy, ports } = doors;
  const urls = [gateway.url, proxy.url, ports.service, ports.block];
  const own = new Set(urls.map((url) => Number(new URL(url).port)));
  const seen: string[] = [];
  const real = Socket.prototype.connect;
  const spy = mock.method(Socket.prototype, "connect", function (this: Socket, ...args: unknown[]) {
    const [first] = args.flat() as [{ readonly port?: number; readonly path?: string }];
    if (!own.has(Number(first.port))) seen.push(JSON.stringify(first));
    return Reflect.apply(real, this, args);
  });
  return { seen, stop: () => spy.mock.restore() };
}

/** What becomes of a token in the end, however many wrong ones come beside it. */
async function outcomeOf(entrance: TokenEntrance, what: What, token: string): Promise<Outcome> {
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- until it is looked at
    const outcome = await entrance.ask(what, token);
    if (outcome !== "busy") return outcome;
    // oxlint-disable-next-line no-await-in-loop
    await doors.passSecond();
  }
}

test("a good token gets in at each entrance", async () => {
  for (const each of entrances) {
    // oxlint-disable-next-line no-await-in-loop -- in turn, so that a failure says which
    for (const what of ["service", "block"] as const) {
      assert.equal(await each.ask(what, good), "in", `${each.name} to a ${what}`);
    }
  }
});

test("no kind of bad token gets in at any entrance, and nobody connects elsewhere for it", async () => {
  const key = await doors.signingKey();
  const { keys } = await doors.auth.keys();
  const publicJwk = keys[0] ?? assert.fail("a key is published");
  const claims = {
    iss: doors.issuer,
    sub: "user:owner",
    ns: "default",
    scopes: ["owner"],
    sid: "forged.1",
    iat: Math.floor(doors.nowMs / 1_000),
    exp: Math.floor(doors.nowMs / 1_000) + 900,
  };
  const bad = await badTokens({ claims, key, publicJwk });
  const calls = doors.calls();
  const connections = watchConnections();
  await Promise.all(
    entrances.map(async (each) => {
      for (const [name, token] of bad) {
        for (const what of ["service", "block"] as const) {
          const where = `${each.name} to a ${what}: ${name}`;
          // oxlint-disable-next-line no-await-in-loop -- one connection takes them in turn
          assert.equal(await outcomeOf(each, what, token), "refused", where);
        }
      }
    }),
  );
  connections.stop();
  assert.deepEqual(connections.seen, []);
  assert.equal(doors.calls(), calls);
});

test("a good token beside a bad one gets in at no entrance, whichever comes first", async () => {
  // On our own wire, and for a client of HTTP/2, this is no header and another.
  for (const each of entrances) {
    for (const [first, second] of [
      [good, "x"],
      ["x", good],
      [good, good],
    ]) {
      const both = `${first}\r\nAuthorization: Bearer ${second}`;
      for (const what of ["service", "block"] as const) {
        // oxlint-disable-next-line no-await-in-loop -- one connection takes them in turn
        assert.equal(await outcomeOf(each, what, both), "refused", `${each.name} to a ${what}`);
      }
    }
  }
});

/** Ten times what ten thousand take alone; what a test may take else is twice, and a busy machine is slower. */
const mutantsTimeoutMs = 600_000;

test(
  `none of ${mutations} mutants of seed ${seed} gets in at any entrance`,
  { timeout: mutantsTimeoutMs },
  async () => {
    const calls = doors.calls();
    const connections = watchConnections();
    await Promise.all(
      entrances.map(async (each, index) => {
        let turn = 0;
        for (const mutant of mutantsOf(good, mutations, seed + index)) {
          // Blanks around the value of a header are no part of it: that one is the good token.
          if (mutant.trim() === good) continue;
          const what = (turn += 1) % 2 === 0 ? "service" : "block";
          // oxlint-disable-next-line no-await-in-loop -- one connection takes them in turn
          const outcome = await outcomeOf(each, what, mutant);
          assert.equal(outcome, "refused", `${each.name}: ${mutant}`);
        }
      }),
    );
    connections.stop();
    assert.deepEqual(connections.seen, []);
    assert.equal(doors.calls(), calls);
  },
);
