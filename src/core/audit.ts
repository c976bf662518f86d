/** The audit of a namespace: what happened there, for those who look after it. */

/** What happened, to what, and by whom. Names that nobody has are not kept, and nothing that proves who one is. */
export interface AuditEntry {
  readonly timeMs: number;
  readonly event: string;
  readonly subject: string;
  /** An account, or what the platform does without one: `the clock`. */
  readonly by?: string;
}
