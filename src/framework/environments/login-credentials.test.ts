import assert from "node:assert/strict";
import { test } from "node:test";
import type { Tokens } from "../../blocks/auth/index.ts";
import { ReefError } from "../../core/errors.ts";
import { createManualClock, type ManualClock } from "../../testing/manual-clock.ts";
import { keptOf, LoginCredentials } from "./login-credentials.ts";
import type { Login, Logins } from "./logins.ts";

const environment = { name: "staging", url: "https://staging.example:8081" };
const lifeMs = 900_000;

/** A platform that takes each refresh token once, and a file that several processes share. */
function createStaging(clock: ManualClock) {
  const tokens = (n: number): Tokens => ({
    accessToken: `access${n}`,
    refreshToken: `refresh${n}`,
    expiresInMs: lifeMs,
  });
  let generation = 1;
  let file: Login | undefined = {
    url: environment.url,
    account: "user:ann",
    namespace: "default",
    ...keptOf(tokens(1), clock),
  };
  let lost: ReefError | undefined;
  const asked: string[] = [];
  let turn: Promise<void> = Promise.resolve();
  // The only two that it uses.
  const logins = {
    pathOf: () => "login",
    read: async () => file,
    write: async (_: unknown, login: Login) => void (file = login),
  } as unknown as Logins;
  return {
    asked,
    lose: (error: ReefError | undefined) => void (lost = error),
    forget: () => void (file = undefined),
    process: () =>
      new LoginCredentials({
        environment,
        logins,
        clock,
        async lock() {
          const { promise, resolve } = Promise.withResolvers<void>();
          const before = turn;
          turn = promise;
          await before;
          return { [Symbol.dispose]: resolve };
        },
        async refresh(refreshToken) {
          asked.push(refreshToken);
          if (lost) throw lost;
          if (refreshToken !== `refresh${generation}`) {
            throw new ReefError("unauthenticated", "Cannot refresh: it was used");
          }
          return tokens(++generation);
        },
      }),
  };
}

test("token() is the same until most of its life is over, then another one is asked for once", async () => {
  const clock = createManualClock({ wallMs: 1_800_000_000_000 });
  const staging = createStaging(clock);
  await using ann = staging.process();
  let changes = 0;
  using _ = ann.onChange(() => void changes++);
  assert.equal(await ann.token(), "access1");
  await clock.advance(lifeMs / 2);
  assert.equal(await ann.token(), "access1");
  await clock.advance(lifeMs / 2 - 1_000);
  assert.deepEqual(await Promise.all([ann.token(), ann.token()]), ["access2", "access2"]);
  assert.deepEqual(staging.asked, ["refresh1"]);
  assert.equal(changes, 1);
});

test("two processes that need another token at once ask for it once", async () => {
  const clock = createManualClock({ wallMs: 1_800_000_000_000 });
  const staging = createStaging(clock);
  await using one = staging.process();
  await using other = staging.process();
  await clock.advance(lifeMs);
  assert.deepEqual(await Promise.all([one.token(), other.token()]), ["access2", "access2"]);
  assert.deepEqual(staging.asked, ["refresh1"]);
});

test("a token that is still good is used while its platform is away, and no longer", async () => {
  const clock = createManualClock({ wallMs: 1_800_000_000_000 });
  const staging = createStaging(clock);
  await using ann = staging.process();
  await clock.advance(lifeMs * 0.9);
  staging.lose(new ReefError("unavailable", "Nobody answers"));
  assert.equal(await ann.token(), "access1");
  assert.equal(await ann.token(), "access1");
  assert.equal(staging.asked.length, 1);
  await clock.advance(lifeMs * 0.1);
  await assert.rejects(ann.token(), { code: "unavailable" });
  staging.lose(undefined);
  assert.equal(await ann.token(), "access2");
});

test("a login that has ended says what to type; one that was forgotten is nobody known", async () => {
  const clock = createManualClock({ wallMs: 1_800_000_000_000 });
  const staging = createStaging(clock);
  await using ann = staging.process();
  await clock.advance(lifeMs);
  staging.lose(new ReefError("unauthenticated", "Cannot refresh"));
  await assert.rejects(ann.token(), {
    code: "unauthenticated",
    message: /^Cannot use the login of user:ann at staging: .*"reef login --env staging"$/,
  });
  staging.forget();
  assert.equal(await ann.token(), undefined);
});
