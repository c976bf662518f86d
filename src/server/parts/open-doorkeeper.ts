/** What the gateway and the proxy ask who may come in, so that both decide the same. */
import type { Auth } from "../../blocks/auth/index.ts";
import { sleep } from "../../core/clock.ts";
import { localRule } from "../../core/access-rules.ts";
import type { Logger } from "../../core/log.ts";
import { homeNamespace } from "../../core/namespace-access.ts";
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

/** Resolves when it can decide, or soon without that: it says itself when it cannot. */
export async function openDoorkeeper(
  auth: Pick<Auth, "watch">,
  {
    listening: { reach },
    log,
  }: { readonly listening: Pick<Listening, "reach">; readonly log: Logger },
  stack: AsyncDisposableStack,
): Promise<Doorkeeper> {
  // Nobody has said that the network may do what this machine may.
  const withoutRules = reach === "the network" ? [localRule] : [];
  const doorkeeper = stack.use(new Doorkeeper({ auth, audience: edge, withoutRules, log }));
  await Promise.race([doorkeeper.present, sleep(presentMsMax, { background: true })]);
  return doorkeeper;
}

/** Auth in another process may come later; until then the door says that it cannot say who may come in. */
const presentMsMax = 2_000;
