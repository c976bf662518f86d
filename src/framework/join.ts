/** Finds the platform that a program belongs to: the one that started it, else the one of this machine, else none. */
import { sleep, systemClock } from "../core/clock.ts";
import { ReefError } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import { type Environment, readEnvironment } from "./environment.ts";
import { followRevocations } from "./follow-revocations.ts";
import { IdentityFile } from "./identity-file.ts";
import { ownerIdentityPath } from "./identity-path.ts";
import { IssuedIdentity } from "./issued-identity.ts";
import { openPlatform, type OpenPlatformOptions, type Platform } from "./platform.ts";
import { stateFolder } from "./state-folder.ts";

export interface JoinOptions {
  readonly env?: Environment;
  /**
   * How long the platform that started this program may be gone: it may have been killed and come back. For as long the
   * one of this machine may not know yet who is who. @default 10_000
   */
  readonly returnMs?: number;
  /** What this program serves: on the platform it is that service, and not the one who has started it. */
  readonly service?: string | undefined;
  /** Hears when this program may not be that service any more. @default nobody does */
  readonly log?: Logger | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Soon enough that nobody waits for it, and rare enough for a machine that starts many services. */
const againMs = 100;

/**
 * The platform, or undefined when the program is alone.
 * @throws {ReefError} `unavailable` when the platform that started this program is gone, or the one of this machine
 *   cannot say who anybody is; `unauthenticated` when this program may not be on it
 */
export async function joinPlatform(options: JoinOptions = {}): Promise<Platform | undefined> {
  const { env = readEnvironment(), returnMs = 10_000, service, log, signal } = options;
  const { platform: control, namespace, identity } = env;
  const retry = { untilMs: performance.now() + returnMs, signal };
  if (control !== undefined) {
    const credentials = identity === undefined ? undefined : new IdentityFile(identity);
    // Its next self takes over what it finds, so it is worth a wait.
    return await whenThere(retry, () => openPlatform({ control, namespace, credentials, signal }));
  }
  if (env.test) return undefined;
  const owners = await openLocal({ namespace, signal });
  if (!owners || service === undefined) return owners;
  await using stack = new AsyncDisposableStack();
  stack.use(owners);
  return await whenThere(retry, () => openAs(service, owners, { log, signal }));
}

/** That of this machine, as who may be started by its owner; undefined when there is none. */
async function openLocal(options: OpenPlatformOptions): Promise<Platform | undefined> {
  try {
    return await openPlatform(options);
  } catch (error) {
    options.signal?.throwIfAborted();
    if (ReefError.from(error).code === "unavailable") return undefined;
    throw error;
  }
}

/** The same platform as the service that the owner of the machine has started by hand. */
async function openAs(
  service: string,
  owners: Platform,
  { log, signal }: Pick<JoinOptions, "log" | "signal">,
): Promise<Platform> {
  const { control, namespace } = owners;
  if ((await owners.self()).kind === "anonymous") throw nobodyKnown();
  await using stack = new AsyncDisposableStack();
  const credentials = stack.use(
    await IssuedIdentity.open({
      account: `service:${service}`,
      async ask(use) {
        await using platform = await openPlatform({ control, namespace });
        return await use(platform.auth);
      },
      log,
    }),
  );
  const platform = stack.use(await openPlatform({ control, namespace, credentials, signal }));
  stack.use(
    followRevocations({
      auth: { watch: (wait) => platform.watchAuth(wait) },
      clock: systemClock,
      hear: (revocation) => credentials.hear(revocation),
      refused: () => credentials.refused(),
    }),
  );
  const owned = stack.move();
  return { ...platform, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

function nobodyKnown(): ReefError {
  const file = ownerIdentityPath(stateFolder());
  return new ReefError(
    "unauthenticated",
    `Cannot serve on the platform: it must be known who does, and this program cannot read ${file}; ` +
      'run it as the user of the platform; if that file is not there, "reef auth recover" says more',
    { maybeExecuted: false },
  );
}

interface Retry {
  readonly untilMs: number;
  readonly signal: AbortSignal | undefined;
}

/** A platform that is about to be there, or where auth is: nobody is known until then. */
const comes: ReadonlySet<string> = new Set(["unavailable", "unauthenticated"]);

async function whenThere(
  { untilMs, signal }: Retry,
  open: () => Promise<Platform>,
): Promise<Platform> {
  for (;;) {
    try {
      // Each attempt is another moment.
      // oxlint-disable-next-line no-await-in-loop
      return await open();
    } catch (error) {
      if (!comes.has(ReefError.from(error).code) || performance.now() >= untilMs) throw error;
      // oxlint-disable-next-line no-await-in-loop
      await sleep(againMs, { signal });
    }
  }
}
