/** Finds the platform that a program belongs to: the one that started it, else the one of this machine, else none. */
import { sleep } from "../core/clock.ts";
import { ReefError } from "../core/errors.ts";
import { type Environment, readEnvironment } from "./environment.ts";
import { IdentityFile } from "./identity-file.ts";
import { openPlatform, type OpenPlatformOptions, type Platform } from "./platform.ts";

export interface JoinOptions {
  readonly env?: Environment;
  /**
   * How long the platform that started this program may be gone: it may have been killed and come back. @default 10_000
   */
  readonly returnMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Soon enough that nobody waits for it, and rare enough for a machine that starts many services. */
const againMs = 100;

/**
 * The platform, or undefined when the program is alone.
 * @throws {ReefError} `unavailable` when the platform that started this program is gone
 */
export async function joinPlatform(options: JoinOptions = {}): Promise<Platform | undefined> {
  const { env = readEnvironment(), returnMs = 10_000, signal } = options;
  const { platform: control, namespace, identity } = env;
  const credentials = identity === undefined ? undefined : new IdentityFile(identity);
  if (control !== undefined) {
    return await openOurs({ control, namespace, credentials, signal }, returnMs);
  }
  if (env.test) return undefined;
  try {
    return await openPlatform({ namespace, credentials, signal });
  } catch (error) {
    signal?.throwIfAborted();
    if (ReefError.from(error).code === "unavailable") return undefined;
    throw error;
  }
}

/** The one that started this program: its next self takes over what it finds, so it is worth a wait. */
async function openOurs(options: OpenPlatformOptions, returnMs: number): Promise<Platform> {
  const untilMs = performance.now() + returnMs;
  for (;;) {
    try {
      // Each attempt is another moment.
      // oxlint-disable-next-line no-await-in-loop
      return await openPlatform(options);
    } catch (error) {
      if (ReefError.from(error).code !== "unavailable" || performance.now() >= untilMs) throw error;
      // oxlint-disable-next-line no-await-in-loop
      await sleep(againMs, { signal: options.signal });
    }
  }
}
