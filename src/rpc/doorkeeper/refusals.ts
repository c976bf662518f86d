/** What a door says to those who may not come in. */
import type { Decision, Resource } from "../../core/access-rules.ts";
import { ReefError } from "../../core/errors.ts";
import { TokenFault } from "../../core/signed-token.ts";
import { withoutStack } from "../../core/without-stack.ts";
import type { Known } from "../doorkeeper.ts";

export function unauthenticated(rule: string): ReefError {
  const text = `Cannot accept the Authorization: ${rule}; log in again, or make a token with "reef auth token"`;
  return withoutStack(() => {
    const cause = new TokenFault(rule);
    return new ReefError("unauthenticated", text, { cause, maybeExecuted: false });
  });
}

/** Which rule it was, the log says; the outside hears that it may not. */
export function forbidden(
  known: Known,
  { type, name, endpoint }: Resource,
  decision: Decision,
): ReefError {
  const what = `${name}/${endpoint}`;
  const { rule } = decision;
  const cause = rule ? new Error(`rule "${rule.id}" denies it`) : new Error("no rule grants it");
  if (!known) {
    const text = `Cannot call ${what}: not without a token; send Authorization: Bearer and one`;
    return new ReefError("unauthenticated", text, { cause, maybeExecuted: false });
  }
  // Who may not call may seldom ask why: rules are shown to owners.
  const why = `reef auth explain ${known.account} ${type}:${name}:${endpoint}`;
  const text = `Cannot call ${what}: ${known.account} may not; an owner sees why by "${why}"`;
  return new ReefError("permission_denied", text, { cause, maybeExecuted: false });
}

/** What there is, is the business of those alone whom a rule lets know it. */
export function hidden(known: Known, cause?: unknown): ReefError {
  const what = "Cannot say what is here";
  if (known) {
    const text = `${what}: ${known.account} may not know; an owner sees why by "reef auth explain"`;
    return new ReefError("permission_denied", text, { cause, maybeExecuted: false });
  }
  const text = `${what}: not without a token; send Authorization: Bearer and one`;
  return new ReefError("unauthenticated", text, { cause, maybeExecuted: false });
}

export function authAway(why: string | undefined): ReefError {
  const known = 'auth is not there; "reef status" shows what it waits for';
  const text = why ?? `Cannot say who may come in: ${known}`;
  return new ReefError("unavailable", text, { maybeExecuted: false });
}

/** Whoever has a good token that was not seen here yet has to come again, too. */
export function tooManyWrong(max: number): ReefError {
  const text = `Cannot check the Authorization: the limit is ${max} wrong tokens a second, and others send more; try again`;
  return withoutStack(() => new ReefError("resource_exhausted", text, { maybeExecuted: false }));
}
