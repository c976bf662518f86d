/** What the gateway and the proxy ask who may come in, so that both decide the same. */
import type { Auth } from "../../blocks/auth/index.ts";
import { sleep } from "../../core/clock.ts";
import { localRules } from "../../core/access-rules.ts";
import type { Logger } from "../../core/log.ts";
import { homeNamespace } from "../../core/namespace-access.ts";
import type { DoorAudit } from "../../rpc/doorkeeper/decision-log.ts";
import { Doorkeeper } from "../../rpc/doorkeeper.ts";
import type { Listening } from "../tls/listening.ts";

/** Who an edge is when it exchanges the tokens of its users: nobody of this name can log in. */
const edge = "gateway";

/** Exchanges what was bound to the edges, too. */
export function edgeAuth(auth: Pick<Auth, "exchange">): Pick<Auth, "exchange"> {
  const actor = { account: `edge:${edge}`, namespace: homeNamespace };
  return {
    exchange: (token, audience, given) => auth.exchange(token, audience, { ...given, actor }),
  };
}

export interface EntranceOptions {
  /** Which entrance it is, for the audit. */
  readonly name: "gateway" | "proxy" | "ports";
  readonly listening: Pick<Listening, "reach">;
  readonly log: Logger;
}

/** What a door of the platform decides is written down in the namespace that it is about. */
export function auditOf(auth: Pick<Auth, "realm">, by: string): DoorAudit {
  return {
    namespace: homeNamespace,
    tell: (namespace, reports, options) => auth.realm(namespace, by).report(reports, options),
  };
}

/** Resolves when it can decide, or soon without that: it says itself when it cannot. */
export async function openDoorkeeper(
  auth: Pick<Auth, "watch" | "realm">,
  { name, listening: { reach }, log }: EntranceOptions,
  stack: AsyncDisposableStack,
): Promise<Doorkeeper> {
  // Nobody has said that the network may do what this machine may.
  const withoutRules = reach === "the network" ? localRules : [];
  const audit = auditOf(auth, `edge:${name}`);
  const doorkeeper = stack.use(new Doorkeeper({ auth, audience: edge, withoutRules, log, audit }));
  await Promise.race([doorkeeper.present, sleep(presentMsMax, { background: true })]);
  return doorkeeper;
}

/** Auth in another process may come later; until then the door says that it cannot say who may come in. */
const presentMsMax = 2_000;
