/** What happened, for those who look after a realm. It is forgotten after a while, by the store. */
import { randomBytes } from "node:crypto";
import type { Operation } from "../../../store/index.ts";
import type { AuditEntry } from "../../index.ts";
import { put } from "./records.ts";

/** Ninety days: long enough to look into something that was noticed late. */
const keptMs = 7_776_000_000;

/** Digits of a time, so that the order of keys is that of time until the year 5138. */
const timeDigits = 14;

export function auditPrefix(namespace: string): string {
  return `audit/${namespace}/`;
}

export function note(namespace: string, entry: AuditEntry): Operation {
  const time = String(entry.timeMs).padStart(timeDigits, "0");
  const path = `${auditPrefix(namespace)}${time}-${randomBytes(6).toString("base64url")}`;
  return put(path, entry, { ttlMs: keptMs });
}
