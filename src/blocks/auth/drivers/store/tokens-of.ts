/** The tokens of a session: what is signed, and what is good for the next ones. */
import { formatTokenId } from "../../../../core/identity.ts";
import { type SigningKey, signToken } from "../../../../core/signed-token.ts";
import type { Operation } from "../../../store/index.ts";
import { accessTokenMs, type Account, loginMs, type Tokens } from "../../index.ts";
import type { Parts } from "./parts.ts";
import type { Begun, Refreshed, SessionRecord } from "./sessions.ts";

export async function tokensOf(
  parts: Parts,
  account: Account,
  { record, refreshToken }: Refreshed,
): Promise<Tokens> {
  const expiresMs = parts.nowMs() + accessTokenMs;
  const signed = await accessToken(parts, account, { ...record, expiresMs });
  return { accessToken: signed, refreshToken, expiresInMs: accessTokenMs };
}

/** Those of a new session; `event` is what the audit calls it. */
export async function beginSession(
  parts: Parts,
  account: Account,
  { event, signal }: { readonly event: string; readonly signal: AbortSignal | undefined },
): Promise<Tokens> {
  const { sessions, records, nowMs } = parts;
  const createdMs = nowMs();
  const begun = await sessions.begin(
    { account: account.id, kind: "login", note: "", createdMs, expiresMs: createdMs + loginMs },
    signal,
  );
  await records.write([...writesOf(parts, begun), parts.note(event, account.id)], signal);
  return tokensOf(parts, account, begun);
}

/** A new session as it is written down, and the end of the one in whose place it comes. */
export function writesOf({ note }: Parts, { writes, ended }: Begun): readonly Operation[] {
  return ended ? [...writes, note(endOf(ended), ended.account)] : writes;
}

/** How the audit calls the end of a session. */
export function endOf({ kind }: Pick<SessionRecord, "kind">): string {
  return kind === "token" ? "token ended" : "session ended";
}

/** What it says of the account is what the account is now; `audience` alone may read it. */
export async function accessToken(
  { issuer, keys, namespace, nowMs }: Parts,
  { id, scopes }: Pick<Account, "id" | "scopes">,
  session: Pick<SessionRecord, "id" | "generation" | "expiresMs"> & {
    readonly audience?: string | undefined;
    /** @default what signs now */
    readonly key?: SigningKey;
  },
): Promise<string> {
  const { audience, expiresMs, key } = session;
  const claims = {
    iss: issuer,
    sub: id,
    ns: namespace,
    ...(audience !== undefined && { aud: audience }),
    scopes,
    sid: formatTokenId({ session: session.id, generation: session.generation }),
    iat: Math.floor(nowMs() / 1_000),
    exp: Math.floor(expiresMs / 1_000),
  };
  return signToken(claims, key ?? (await keys.current()));
}
