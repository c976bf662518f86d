/** What the gateway and the proxy ask who may come in, so that both decide the same. */
import type { Auth } from "../../blocks/auth/index.ts";
import { sleep } from "../../core/clock.ts";
import { Doorkeeper } from "../../rpc/doorkeeper.ts";

/** Resolves when it can decide, or soon without that: it says itself when it cannot. */
export async function openDoorkeeper(
  auth: Pick<Auth, "watch">,
  stack: AsyncDisposableStack,
): Promise<Doorkeeper> {
  const doorkeeper = stack.use(new Doorkeeper({ auth, audience: "gateway" }));
  await Promise.race([doorkeeper.present, sleep(presentMsMax, { background: true })]);
  return doorkeeper;
}

/** Auth in another process may come later; until then the door says that it cannot say who may come in. */
const presentMsMax = 2_000;
