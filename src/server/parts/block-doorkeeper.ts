/** Who may call blocks: those whom the rules let in, and parts of this platform by what they are there for. */
import type { Auth } from "../../blocks/auth/index.ts";
import { sleep } from "../../core/clock.ts";
import { isForOneOf } from "../../core/audience.ts";
import type { Logger } from "../../core/log.ts";
import type { AuthEvent } from "../../core/identity.ts";
import type { DoorAudit } from "../../rpc/doorkeeper/decision-log.ts";
import { Doorkeeper, serviceAwayMaxMs } from "../../rpc/doorkeeper.ts";
import type { Insider, PartIdentities } from "../identity/parts.ts";
import { fired } from "./part.ts";

export interface BlockDoorkeeperOptions {
  readonly parts: PartIdentities;
  /** Which of them come here. */
  readonly insiders: ReadonlySet<Insider>;
  /** @default nobody but parts of this platform comes in */
  readonly auth?: Pick<Auth, "watch"> | undefined;
  /** Where what is decided is written down. @default nowhere */
  readonly audit?: DoorAudit | undefined;
  /** Names of the blocks: tokens may be bound to one of them. */
  readonly blocks: readonly string[];
  /** What is the matter while auth is not there. */
  readonly whyAway?: () => string | undefined;
  readonly log: Logger;
}

/** Auth in another process may come later, and needs what is behind this door to begin. */
const presentMsMax = 2_000;

/** Auth is in this process or on this machine; whoever comes as soon as it is ready must not be refused. */
const returnMaxMs = 50;

/** Resolves when it can decide, or without that when auth is not there. */
export async function openBlockDoorkeeper(
  { parts, insiders, auth = noAuth, audit, blocks, whyAway, log }: BlockDoorkeeperOptions,
  stack: AsyncDisposableStack,
  { isAuthFar = false }: { readonly isAuthFar?: boolean } = {},
): Promise<Doorkeeper> {
  const names = new Set(blocks);
  const doorkeeper = stack.use(
    new Doorkeeper({
      auth,
      // Owners of the home call them in each namespace.
      audience: (name) => isForOneOf(names, name),
      // Services go on with the store and the registry while auth is started again.
      awayMaxMs: serviceAwayMaxMs,
      returnMaxMs,
      log,
      audit,
      insiders: { find: (token) => parts.find(token, insiders), onChange: parts.onChange },
      ...(whyAway && { whyAway }),
    }),
  );
  const late = sleep(presentMsMax, { background: true });
  if (!isAuthFar) await Promise.race([doorkeeper.present, late]);
  return doorkeeper;
}

/** No account is known here, and no rule. */
const noAuth: Pick<Auth, "watch"> = {
  async *watch({ signal } = {}): AsyncGenerator<AuthEvent> {
    yield { kind: "complete", issuer: "" };
    if (signal) await fired(signal);
  },
};
