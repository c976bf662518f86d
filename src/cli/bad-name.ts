/** A pattern says little to a person: what a name may be, in words. */
import { ReefError } from "../core/errors.ts";
import { usageError } from "./failure.ts";

export interface TypedName {
  /** As what it was given to the platform, which may have refused it. */
  readonly field: string;
  readonly name: string;
  /** `an account`. */
  readonly kind: string;
  /** What it is made of. */
  readonly rule: string;
  readonly tryNext: string;
}

export const wordRule = "a to z, 0 to 9 and - inside, at most 63, from a letter on";

/** What was thrown, or that the name is to blame. */
export function inWords(thrown: unknown, { field, name, kind, rule, tryNext }: TypedName): unknown {
  const { code, violations = [] } = ReefError.from(thrown);
  if (code !== "invalid_argument" || violations.every(({ path }) => path !== field)) return thrown;
  return usageError(`Cannot name ${kind} ${JSON.stringify(name)}: it is ${rule}`, { tryNext });
}
