/** What a benchmark asks. Each question is a file that exports one of these; `run.ts` lists them. */

export interface Question {
  readonly title: string;
  /** Names that `--only` may take. */
  readonly peers: readonly string[];
  ask(options: AskOptions): Promise<Answer>;
}

export interface AskOptions {
  /** Peers to measure. */
  readonly peers: readonly string[];
  /** Of one measurement. */
  readonly seconds: number;
  readonly rounds: number;
  /** Callers at once; undefined: what the question asks for. */
  readonly concurrency: readonly number[] | undefined;
  /** Told about each step. */
  readonly progress: (text: string) => void;
}

export interface Answer {
  /** For programs; each is a line of JSON. */
  readonly rows: readonly object[];
  /** The same for people, with what was promised. */
  readonly report: string;
}
