/** What everything that belongs to one namespace works with. */
import type { Clock } from "../../../../core/clock.ts";
import { ReefError } from "../../../../core/errors.ts";
import type { Operation } from "../../../store/index.ts";
import type { AuditNotes } from "./audit.ts";
import type { LoginLimit } from "./login-limit.ts";
import type { Reports } from "./reports.ts";
import type { Records } from "./records.ts";
import type { SecretHashes } from "./secrets.ts";
import type { Sessions } from "./sessions.ts";
import type { SigningKeys } from "./signing-keys.ts";

/** What all namespaces share. */
export interface SharedParts {
  readonly records: Records;
  /** What doors report, in a table of its own if it has one. */
  readonly reported: Records;
  readonly hashes: SecretHashes;
  readonly limit: LoginLimit;
  readonly keys: SigningKeys;
  readonly issuer: string;
  /** What signing keys are sealed with, and refresh tokens proved. */
  readonly sealKey: Uint8Array;
  readonly clock: Clock;
}

export interface Parts extends SharedParts {
  readonly namespace: string;
  readonly sessions: Sessions;
  /** Wall clock: what is written down is read by other machines. */
  readonly nowMs: () => number;
  /** What is to be written so that it is known that this happened. */
  readonly note: (event: string, subject: string) => Operation;
}

/** Which realm it is, and who acts there. */
export interface RealmPlace {
  readonly namespace: string;
  /** One for all who act in it. */
  readonly notes: AuditNotes;
  readonly reports: () => Promise<Reports>;
  readonly by?: string | undefined;
}

export function partsOf(
  shared: SharedParts,
  { namespace, notes, by }: Pick<RealmPlace, "namespace" | "notes" | "by">,
  sessions: Sessions,
): Parts {
  const nowMs = () => Math.floor(shared.clock.wallMs());
  return {
    ...shared,
    namespace,
    sessions,
    nowMs,
    note: (event, subject) => notes.now(event, subject, by),
  };
}

export function secretPath(namespace: string, id: string): string {
  return `secrets/${namespace}/${id}`;
}

export function missing(id: string): never {
  throw new ReefError(
    "not_found",
    `Cannot find the account "${id}": there is none; "reef auth accounts" lists those that are there`,
    { maybeExecuted: false },
  );
}
