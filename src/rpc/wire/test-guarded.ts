/** For tests: a server of the probe with a doorkeeper, and accounts who call it. */
import { openTestAuth } from "../../blocks/auth/drivers/store/test-auth.ts";
import type { AuthUnderTest } from "../../blocks/auth/conformance.ts";
import type { Auth, Realm } from "../../blocks/auth/index.ts";
import type { Rule } from "../../core/access-rules.ts";
import { createManualClock, type ManualClock } from "../../testing/manual-clock.ts";
import { soon } from "../../testing/soon.ts";
import type { probeHandlers } from "../conformance/probe.ts";
import { Doorkeeper } from "../doorkeeper.ts";
import { frame } from "./frames.ts";
import { rawFrame } from "./test-raw-peer.ts";
import { openTestServer, type TestServer } from "./test-wire.ts";

export interface GuardedServer extends TestServer {
  readonly auth: Auth;
  readonly as: AuthUnderTest["as"];
  readonly realm: Realm;
  readonly doorkeeper: Doorkeeper;
  /** Of the server and its doorkeeper; that of auth is moved by `advance`. */
  readonly wall: ManualClock;
  readonly advance: (ms: number) => Promise<void>;
  /** A token of an account that is made for it. */
  token(id: string, scopes?: readonly string[]): Promise<string>;
}

const wallMs = 1_800_000_000_000;

/** Grants a method of the probe, or all of them. */
export function mayCall(scope: string, endpoint = "*", change: Partial<Rule> = {}): Rule {
  const resource = { type: "service", name: "probe", endpoint };
  const id = `may-${scope === "" ? "anybody" : scope}`;
  return { id, scope, resource, access: "granted", priority: 0, ...change };
}

export async function openGuardedServer(
  handlers: Parameters<typeof probeHandlers>[0] = {},
  rules: readonly Rule[] = [mayCall("staff")],
): Promise<GuardedServer> {
  const { auth, as, advance } = await openTestAuth();
  const realm = auth.realm("default");
  for (const rule of rules) await realm.putRule(rule);
  const wall = createManualClock({ wallMs });
  const doorkeeper = new Doorkeeper({ auth, audience: "probe", clock: wall });
  await doorkeeper.present;
  const server = await openTestServer(handlers, {
    doorkeeper,
    clock: wall,
    // Hours pass here, and nobody is missed.
    keepaliveMs: 1e9,
  });
  return {
    ...server,
    clock: wall,
    wall,
    auth,
    as,
    advance,
    realm,
    doorkeeper,
    async token(id, scopes = ["staff"]) {
      if (!(await realm.account(id))) await realm.createAccount({ id, scopes });
      return (await realm.issue(id)).accessToken;
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await doorkeeper[Symbol.asyncDispose]();
    },
  };
}

/** An AUTH frame. */
export function rawAuth(identity: number, credentials: unknown): Buffer {
  const number = Buffer.alloc(2);
  number.writeUInt16LE(identity);
  const said =
    typeof credentials === "string" ? { scheme: "token", token: credentials } : credentials;
  return rawFrame(frame.auth, {
    payload: Buffer.concat([number, Buffer.from(JSON.stringify(said))]),
  });
}

/** Watches tell in their own time: asked until it is so. */
export async function until(isSo: () => Promise<boolean> | boolean): Promise<void> {
  const asking = (async () => {
    while (!(await isSo())) await new Promise((resolve) => setImmediate(resolve));
  })();
  await soon("What was told", asking);
}
