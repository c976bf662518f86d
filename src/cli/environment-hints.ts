/** Adds to what another environment refuses what to type next. */
import { ReefError } from "../core/errors.ts";
import type { ChosenEnvironment } from "./chosen-environment.ts";
import { failure, tryNextOf } from "./failure.ts";

/** The result of a command; refusals of another environment get a hint. */
export async function withEnvironmentHints<T>(
  chosen: () => ChosenEnvironment,
  command: () => Promise<T>,
): Promise<T> {
  try {
    return await command();
  } catch (thrown) {
    if (!(thrown instanceof ReefError) || tryNextOf(thrown) !== undefined) throw thrown;
    const tryNext = hintFor(thrown, chosen);
    if (tryNext === undefined) throw thrown;
    // What to do next stands at the end of the text for programs; here it has a line of its own.
    const message = thrown.message.replace(/; (log in again|send Authorization)[^;]*$/, "");
    throw failure(thrown.code, message, { tryNext, cause: thrown });
  }
}

function hintFor({ code }: ReefError, chosen: () => ChosenEnvironment): string | undefined {
  if (code !== "unauthenticated" && code !== "permission_denied") return undefined;
  const environment = chosen();
  if (!environment) return undefined;
  const { name } = environment;
  return code === "unauthenticated" ? `reef login --env ${name}` : `reef whoami --env ${name}`;
}
