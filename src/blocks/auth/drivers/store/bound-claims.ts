/** What is signed for one reader alone, out of what was signed for others. */
import { audienceOf } from "../../../../core/audience.ts";
import { ReefError } from "../../../../core/errors.ts";
import type { Actor } from "../../../../core/identity.ts";
import type { TokenClaims } from "../../../../core/signed-token.ts";
import { accessTokenMs } from "../../index.ts";

export interface Binding {
  readonly audience: string;
  /** The service that asks, if it is one. */
  readonly actor: Actor | undefined;
  readonly nowMs: number;
}

/**
 * A free token becomes one for `audience` about the same. One that is bound becomes one that says on whose behalf the
 * service that it is bound to acts: nobody else gets anything for it.
 * @throws {ReefError} `permission_denied`
 */
export function boundClaims(claims: TokenClaims, { audience, actor, nowMs }: Binding): TokenClaims {
  // However long an API token lives: what is handed about is short.
  const exp = Math.min(claims.exp, Math.floor((nowMs + accessTokenMs) / 1_000));
  const { act: _before, ...about } = claims;
  const bound = { ...about, aud: audience, iat: Math.floor(nowMs / 1_000), exp };
  // An entrance of the platform hands on whom it was shown, and acts for nobody.
  if (claims.aud === undefined || actor?.account === `edge:${claims.aud}`) return bound;
  const act = actor && nameOf(actor, claims.ns);
  if (act === undefined || ![act, ...servedBy(actor, claims.ns)].includes(claims.aud)) {
    throw notYours();
  }
  return { ...bound, act };
}

/** As tokens of this namespace name those services. */
function servedBy(actor: Actor | undefined, tokenNamespace: string): string[] {
  const { serves = [], namespace = "" } = actor ?? {};
  return serves.map((name) => audienceOf(tokenNamespace, namespace, name));
}

/** As tokens of this namespace name it; undefined for who is no service. */
function nameOf({ account, namespace }: Actor, tokenNamespace: string): string | undefined {
  const name = /^service:(.+)$/.exec(account)?.[1];
  return name === undefined ? undefined : audienceOf(tokenNamespace, namespace, name);
}

function notYours(): ReefError {
  return new ReefError(
    "permission_denied",
    "Cannot exchange the token: it is bound to another service; use one that you were given",
    { maybeExecuted: false },
  );
}
