/** Where a service is looked for when `--state` or `--namespace` stands behind its method. */
import { ReefError } from "../core/errors.ts";
import type { CliEnvironment, GlobalValues } from "./command.ts";
import { findMethod, findService } from "./find-service.ts";
import { type Place, placeIn } from "./place.ts";
import { openSession } from "./session.ts";

export interface WordsAround {
  /** Options of reef that stand before the method. */
  readonly globals: GlobalValues;
  readonly service: string;
  readonly method: string;
  /** What stands behind the method. */
  readonly args: readonly string[];
}

/** The options to look for the service with: those before the method, and those behind it that are no fields. */
export async function placeOf(
  environment: CliEnvironment,
  words: WordsAround,
): Promise<GlobalValues> {
  const { globals } = words;
  const behind = placeIn(words.args);
  if (Object.keys(behind).length === 0) return globals;
  // `--namespace test` behind the method may be a field of it; only the service as found without it can tell.
  const claimed = await claimsPlace(environment, words, behind);
  return claimed ? globals : { ...globals, ...behind };
}

/** Whether the method has fields of the names that were given. */
async function claimsPlace(
  environment: CliEnvironment,
  { globals, service, method }: WordsAround,
  place: Place,
): Promise<boolean> {
  await using session = openSession(environment, globals, { command: `reef ${service}` });
  try {
    const { descriptor } = await findService(session, service);
    const fields = findMethod(descriptor, method).input.fields;
    return Object.keys(place).every((name) => Object.hasOwn(fields, name));
  } catch (error) {
    session.signal.throwIfAborted();
    // It is not there, or has no such method: the place that was given is then where to look and what to report.
    if (error instanceof ReefError) return false;
    throw error;
  }
}
