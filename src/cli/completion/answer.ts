/** What can stand at one place of a command line. */

export interface Candidate {
  /** The whole word; one that ends with `=` goes on. */
  readonly value: string;
  readonly description?: string;
}

/** Words of ours, or a path, which each shell completes better than we could. */
export type Answer = readonly Candidate[] | "files" | "folders";

/** The command line as far as the cursor, without quotes and without `reef` itself. */
export interface TypedLine {
  readonly words: readonly string[];
  /** The word that the cursor is at the end of, as far as it is typed. */
  readonly current: string;
}
