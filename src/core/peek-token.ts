/** What a token says of itself, unverified: for its owner, who has to know how long it is good and for whom. */
import { anonymous, type Caller, callerOf, type CredentialSource } from "./identity.ts";
import type { TokenClaims } from "./signed-token.ts";

export type PeekedToken = Pick<TokenClaims, "sub" | "ns" | "aud" | "sid" | "scopes">;

/** Undefined for what is no token; a far side says so in its own words. */
export function peekToken(token: string): PeekedToken | undefined {
  const [, claims = ""] = token.split(".", 2);
  try {
    const given = JSON.parse(Buffer.from(claims, "base64url").toString()) as Partial<TokenClaims>;
    const { sub, ns, aud, sid, scopes } = given ?? {};
    const areTexts = typeof sub === "string" && typeof ns === "string" && typeof sid === "string";
    if (!areTexts || !Array.isArray(scopes)) return undefined;
    return { sub, ns, sid, scopes, ...(typeof aud === "string" && { aud }) };
  } catch {
    return undefined;
  }
}

/** As whom a process will be seen that shows these. */
export async function peekCaller(credentials: CredentialSource | undefined): Promise<Caller> {
  const about = peekToken((await credentials?.token()) ?? "");
  if (!about) return anonymous;
  return callerOf({ account: about.sub, namespace: about.ns, scopes: about.scopes });
}
