/**
 * The audit of a namespace: what happened there, for those who look after it. Auth writes down what it does itself; the
 * doors, each of which decides by itself, report to it what they have decided.
 */

/** What happened, to what, and by whom. Names that nobody has are not kept, and nothing that proves who one is. */
export interface AuditEntry {
  /** Of what happened several times, the last time. */
  readonly timeMs: number;
  readonly event: string;
  /** Whom or what it is about; `nobody` is who has shown no good token. An account of another namespace has that. */
  readonly subject: string;
  /** For whom a service did it, when not for itself; `others` when it is for more than are named. */
  readonly onBehalfOf?: string;
  /** Who did it: an account, a door that decided, or `the clock`. */
  readonly by?: string;
  /** What was asked for: `service:greeter:hello`. */
  readonly resource?: string;
  /** By which it was decided; of a token, which it broke. */
  readonly rule?: string;
  /** Of what happened several times, the first time. */
  readonly sinceMs?: number;
  /** How often it happened. */
  readonly calls?: number;
}

/** What doors report. */
export const doorEvents = ["call allowed", "call refused", "token refused", "not written"] as const;

/** What the platform reports beside that. */
export const platformEvents = [
  "namespace created",
  "namespace changed",
  "namespace deleted",
] as const;

/** What is reported to auth, which adds by whom. */
export interface AuditReport extends Omit<AuditEntry, "by" | "event"> {
  readonly event: (typeof doorEvents)[number] | (typeof platformEvents)[number];
}

/** In one call: a door that has more comes again in a second. */
export const reportsMax = 100;

/** Whom nobody knows, as a subject. */
export const nobodyKnown = "nobody";

/** On whose behalf, where it is for more than are named. */
export const othersKnown = "others";

/** Which entries are wanted: those of which all that is said here is true. */
export interface AuditFilter {
  /** Whom it is about, on whose behalf it was done, or who did it. */
  readonly account?: string | undefined;
  /** `service`, `service:greeter` or `service:greeter:hello`; `*` in any place. */
  readonly resource?: string | undefined;
  /** Only what was refused. @default false */
  readonly refused?: boolean | undefined;
  /** Not what was over before. */
  readonly sinceMs?: number | undefined;
}

export function isWanted(entry: AuditEntry, wanted: AuditFilter): boolean {
  const { account, resource, refused = false, sinceMs = -Infinity } = wanted;
  if (entry.timeMs < sinceMs) return false;
  if (refused && !refusals.has(entry.event)) return false;
  if (account !== undefined && !isAbout(entry, account)) return false;
  return resource === undefined || isWithin(entry.resource, resource);
}

function isAbout({ subject, onBehalfOf, by }: AuditEntry, account: string): boolean {
  return subject === account || onBehalfOf === account || by === account;
}

const refusals: ReadonlySet<string> = new Set([
  "call refused",
  "token refused",
  "login refused",
  "refresh reused",
]);

/** The endpoint of a program may hold more colons: what is there is compared. */
function isWithin(resource: string | undefined, pattern: string): boolean {
  if (resource === undefined) return false;
  const parts = resource.split(":");
  return pattern.split(":").every((part, index) => part === "*" || part === parts[index]);
}

/** An account as the audit of a namespace has it. */
export function nameIn(
  namespace: string,
  account: { readonly id: string; readonly namespace: string },
): string {
  return account.namespace === namespace ? account.id : `${account.namespace}/${account.id}`;
}
