/** What `--env` gives a program: values as they were typed, and those of this shell, which `ps` shows to nobody. */
import type { CommandContext } from "./command.ts";
import { usageError } from "./failure.ts";

/** @throws {ReefError} usage, for a key without a value that has none here either */
export function givenVariables(
  { env }: Pick<CommandContext, "env">,
  given: { readonly [key: string]: string | undefined },
): { readonly [key: string]: string } {
  return Object.fromEntries(
    Object.entries(given).map(([key, typed]) => {
      const value = typed ?? (Object.hasOwn(env, key) ? env[key] : undefined);
      if (value !== undefined) return [key, value];
      const rule = `the variable ${JSON.stringify(key)} is not set here`;
      throw usageError(`Flag --env has no value: ${rule}; export it, or give KEY=VALUE`);
    }),
  );
}
