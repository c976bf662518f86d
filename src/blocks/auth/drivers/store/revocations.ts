/** Which tokens are refused although they are good: one record for each session, kept until they have all expired. */
import type { Revocation } from "../../../../core/identity.ts";
import type { Operation } from "../../../store/index.ts";
import { accessTokenMs } from "../../index.ts";
import { put } from "./records.ts";
import type { SessionRecord } from "./sessions.ts";

export const revocationsPrefix = "revoked/";

/** Every token of a session. */
export function revoke(record: SessionRecord, nowMs: number): Operation {
  // A token of a generation that was being made just then would be one more.
  return revokeThrough(record, record.generation + 1, nowMs);
}

/** The access tokens that a session has had; its refresh token stays good. */
export function revokePresent(record: SessionRecord, nowMs: number): Operation {
  return revokeThrough(record, record.generation, nowMs);
}

function revokeThrough(record: SessionRecord, generation: number, nowMs: number): Operation {
  // An API token is one token for all of its life.
  const untilMs = record.kind === "token" ? record.expiresMs : nowMs + accessTokenMs;
  const revocation: Revocation = { session: record.id, generation, untilMs };
  const ttlMs = Math.max(1, untilMs - nowMs);
  return put(`${revocationsPrefix}${record.id}`, revocation, { ttlMs });
}
