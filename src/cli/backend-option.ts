/** `--backend URL`, for those commands that open a store: where it is, and how its password stays a secret. */
import type { CommandContext, TextOption } from "./command.ts";
import { usageError } from "./failure.ts";

export const backendOption = {
  type: "text",
  placeholder: "URL",
  description:
    "Keep the store in PostgreSQL: postgres://user@host/database; with a password by REEF_BACKEND",
} as const satisfies TextOption;

/**
 * What was typed, else `REEF_BACKEND`; undefined when there is neither.
 * @throws a usage error for a password on the command line
 */
export function backendOf(
  { env }: Pick<CommandContext, "env">,
  given: string | undefined,
): string | undefined {
  if (given === undefined) return env["REEF_BACKEND"] || undefined;
  const hasPassword = (URL.parse(given)?.password ?? given) !== "";
  if (!hasPassword) return given;
  // Of what cannot be read as a URL nobody knows what it holds.
  const rule = URL.canParse(given)
    ? "must have no password, which everybody on this machine could read there"
    : "must be a URL, as in postgres://user@127.0.0.1:5432/reef";
  throw usageError(`Flag --backend ${rule}`, {
    tryNext: "put the whole URL into the variable REEF_BACKEND, and leave the flag out",
  });
}
