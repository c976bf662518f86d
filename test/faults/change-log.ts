/** A watch that goes on through outages: behind the last moment that it has seen, as any reader of the store would. */
import { sleep } from "../../src/core/clock.ts";
import { ReefError } from "../../src/core/errors.ts";
import type { Moment, Table } from "../../src/blocks/store/index.ts";
import type { ShownChange } from "./ledger.ts";

export interface ChangeLog {
  /** Every change since the watch began. */
  readonly shown: readonly ShownChange[];
  /** How often it went on where it had been interrupted. */
  readonly resumed: number;
  /** Why it cannot go on; undefined while it shows something. */
  readonly failure: ReefError | undefined;
}

/** Until it is tried again. */
const retryMs = 10;

/** Ends with `signal`; `onEvent` hears of each step. Resolves when the watch has shown that the table is empty. */
export async function followChanges(
  table: Table,
  { signal, onEvent }: { readonly signal: AbortSignal; readonly onEvent: () => void },
): Promise<ChangeLog> {
  const log = {
    shown: [] as ShownChange[],
    resumed: 0,
    failure: undefined as ReefError | undefined,
  };
  const begun = Promise.withResolvers<void>();
  let after: Moment | undefined;

  async function read(): Promise<void> {
    for await (const event of table.watch({ after, signal })) {
      if (event.kind === "present") continue;
      if (log.failure !== undefined) log.resumed += 1;
      log.failure = undefined;
      const { kind, epoch, revision } = event;
      after = { epoch, revision };
      if (kind === "complete") begun.resolve();
      else log.shown.push({ revision, changes: event.changes });
      onEvent();
    }
  }

  async function follow(): Promise<void> {
    while (!signal.aborted) {
      try {
        await read();
      } catch (thrown) {
        log.failure = ReefError.from(thrown);
        onEvent();
        // Everything else may pass: a disk that has just died says what it likes.
        if (log.failure.code === "out_of_range") return;
        await sleep(retryMs);
      }
    }
  }

  void follow();
  await begun.promise;
  return log;
}
