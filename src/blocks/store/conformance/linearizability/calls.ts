/** What clients have asked and been told: the input of the search in `linearizable.ts`. */

/** What was asked of one key. */
export type Action =
  | { readonly kind: "get" }
  | { readonly kind: "put"; readonly value: string; readonly expectedRevision?: number | undefined }
  | { readonly kind: "delete"; readonly expectedRevision?: number | undefined };

/** What was answered; a revision of 0 means that there is no entry. */
export type Outcome =
  | { readonly kind: "found"; readonly revision: number; readonly value?: string | undefined }
  | { readonly kind: "written"; readonly revision: number }
  | { readonly kind: "deleted"; readonly was: boolean }
  | { readonly kind: "conflict"; readonly revision: number };

/** One call of one client. */
export interface Call {
  readonly key: string;
  /** Moments in one order that all clients share. */
  readonly start: number;
  readonly end: number;
  readonly action: Action;
  /** Absent where the client gave up: it happened at some time after its start, or never. */
  readonly outcome?: Outcome;
}
