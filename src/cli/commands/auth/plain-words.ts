/** What auth refuses by a pattern, said as a person has typed it. */
import { ReefError } from "../../../core/errors.ts";
import { inWords, wordRule } from "../../bad-name.ts";
import { usageError } from "../../failure.ts";
import { accountOf, tryNext, type Words } from "./action.ts";

/** What was thrown, or which word of the line is to blame and what it may be. */
export function inPlainWords(thrown: unknown, words: Words): unknown {
  const { code, violations = [] } = ReefError.from(thrown);
  const [violation] = violations;
  if (code !== "invalid_argument" || !violation) return thrown;
  const { path: field, message } = violation;
  const named = (kind: string, name: string | undefined, rule: string) =>
    inWords(thrown, { field, name: name ?? "", kind, rule, tryNext });
  const [, index] = /^scopes\[(\d+)\]$/.exec(field) ?? [];
  if (index !== undefined) return named("a scope", words.scope[Number(index)], wordRule);
  if (field === "rule.scope") return named("a scope", words.scope[0], scopeRule);
  if (field === "rule.id") return named("a rule", words.id, wordRule);
  if (field === "audience") return named("a service", words.audience, wordRule);
  if (field === "id" || field === "account") return named("an account", accountOf(words), idRule);
  if (field === "secret") {
    const text = `Cannot take this secret: it ${message}; pipe another one, or leave --stdin out and get one that is made`;
    return usageError(text, { tryNext });
  }
  if (field === "note") return usageError(`Flag --note ${message}`, { tryNext });
  return thrown;
}

const idRule =
  "ann, user:ann or service:trip, of a to z, 0 to 9 and -, for users also . _ @, at most 63 behind the colon";

const scopeRule = `${wordRule}; or * (every account), + (of every namespace), +NAME (of that one) or ""`;
