/** Finds the platform that a program belongs to: the one that started it, else the one of this machine, else none. */
import { ReefError } from "../core/errors.ts";
import { type Environment, readEnvironment } from "./environment.ts";
import { openPlatform, type Platform } from "./platform.ts";

export interface JoinOptions {
  readonly env?: Environment;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The platform, or undefined when the program is alone.
 * @throws {ReefError} `unavailable` when the platform that started this program is gone
 */
export async function joinPlatform(options: JoinOptions = {}): Promise<Platform | undefined> {
  const { env = readEnvironment(), signal } = options;
  const { platform: control, namespace } = env;
  if (control !== undefined) return openPlatform({ control, namespace, signal });
  if (env.test) return undefined;
  try {
    return await openPlatform({ namespace, signal });
  } catch (error) {
    signal?.throwIfAborted();
    if (ReefError.from(error).code === "unavailable") return undefined;
    throw error;
  }
}
