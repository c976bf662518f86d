/**
 * The library `postgres` as far as it is used here. It is an optional peer: loaded when somebody opens PostgreSQL, and
 * held against what is written below, so that a missing or another library is a sentence and not a stack.
 */
import { ReefError } from "../../core/errors.ts";

/** What a statement is given; text, numbers and null mean themselves, bytes are a `bytea`. */
export type Value = string | number | Uint8Array | null;

/** What came of one statement. */
export interface Rows<R> extends ReadonlyArray<R> {
  /** What was done, "COMMIT" or "ROLLBACK" for example. */
  readonly command: string;
}

/** One client of the library. */
export interface LibraryClient {
  unsafe(
    text: string,
    values: readonly Value[],
    options: { readonly prepare: boolean },
  ): Promise<Rows<unknown>>;
  end(options: { readonly timeout: number }): Promise<void>;
}

export type CreateClient = (url: string, options: object) => LibraryClient;

/** @throws {ReefError} `failed_precondition` with what to type */
export async function loadLibrary(
  load: () => Promise<unknown> = () => import("postgres"),
): Promise<CreateClient> {
  try {
    const library = await load();
    if (fits(library)) return library.default;
  } catch (cause) {
    throw unusable("it is not installed", cause);
  }
  throw unusable("what is installed under this name is another library");
}

function fits(library: unknown): library is { readonly default: CreateClient } {
  return (
    typeof library === "object" &&
    library !== null &&
    "default" in library &&
    typeof library.default === "function" &&
    "PostgresError" in library.default
  );
}

function unusable(why: string, cause?: unknown): ReefError {
  const text = `Cannot use PostgreSQL without the library "postgres": ${why}; type "npm install postgres"`;
  return new ReefError("failed_precondition", text, { cause, maybeExecuted: false });
}
