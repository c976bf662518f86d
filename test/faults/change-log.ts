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
  /** Why it could not go on. */
  readonly failure: ReefError | undefined;
}

/** Until it is tried again when nobody answers. */
const retryMs = 10;

/** Ends with `signal`; `onEvent` hears of each step. Resolves when the watch has shown what was there before. */
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
  let interrupted = false;

  async function read(): Promise<void> {
    for await (const event of table.watch({ after, signal })) {
      if (event.kind === "present") continue;
      if (interrupted) log.resumed += 1;
      interrupted = false;
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
        const error = ReefError.from(thrown);
        if (error.code !== "unavailable" && error.code !== "deadline_exceeded") throw error;
        interrupted = true;
        await sleep(retryMs);
      }
    }
  }

  void follow().catch((error: ReefError) => {
    log.failure = error;
    begun.reject(error);
    onEvent();
  });
  await begun.promise;
  return log;
}
