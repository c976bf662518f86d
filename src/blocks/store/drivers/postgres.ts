/**
 * The store in PostgreSQL: several platforms may keep one together, on as many machines.
 *
 * Whoever writes locks the one row of the store first, so that revisions rise in the order of the commits; all who
 * write meanwhile share the next transaction. Watches read the history that the server keeps. What others have written
 * is heard by asking, because not every server that speaks like PostgreSQL can tell. docs/decisions/0010 says why.
 *
 * The files of `postgres/` in the order of reading:
 * - `postgres-rows.ts`: what `rows/create-store.ts` asks of a driver, and who answers it;
 * - `schema.ts`, `shared-time.ts`: what lies in the server, and whose time counts;
 * - `group-reader.ts`, `questions.ts`: how it is read;
 * - `group-writer.ts`, `locked-questions.ts`, `decide-writes.ts`, `write-down.ts`: how a write waits, and what happens
 *   between the lock and the commit: it is asked what is there, decided what is done, and that is written down;
 * - `history.ts`, `hearing.ts`: how watches are answered, and woken.
 */
import { openPostgres } from "../../../backends/postgres.ts";
import { bootClock, bootIdOf } from "../../../core/boot-clock.ts";
import type { Clock } from "../../../core/clock.ts";
import type { Store, StoreLimits } from "../index.ts";
import { type State, stateOf } from "./postgres/history.ts";
import { PostgresRows } from "./postgres/postgres-rows.ts";
import { migrations } from "./postgres/schema.ts";
import { SharedTime } from "./postgres/shared-time.ts";
import { createStore } from "./rows/create-store.ts";
import { limitsOf } from "./rows/limits.ts";

/** Which server, which part of it, its limits, and what its time is measured by. */
export interface PostgresStoreOptions extends StoreLimits {
  /** `postgres://user:password@host:port/database`; only host and database are ever shown. */
  readonly url: string;
  /** Of its tables; platforms with the same one have the same store. @default "reef" */
  readonly schema?: string;
  /**
   * Its monotonic time goes on from one process to the next as long as the machine is on; its wall clock stands for the
   * server's. @default that of the machine, and the server's wall clock
   */
  readonly clock?: Clock;
  /** Another one after each start of the machine. @default the system's */
  readonly bootId?: string;
}

/** @throws {ReefError} as `openPostgres` does */
export async function openPostgresStore(
  options: PostgresStoreOptions,
): Promise<Store & AsyncDisposable> {
  const { url, schema = "reef", clock, bootId = bootIdOf() } = options;
  const server = await openPostgres({ url, schema, migrations });
  const wallMs = (state: State) => clock?.wallMs() ?? state.wallMs;
  const limits = limitsOf(options);
  const state = await server.read((run) => stateOf(run));
  const time = new SharedTime(clock ?? bootClock, bootId, state.note, wallMs(state));
  const rows = new PostgresRows({ server, time, clock: clock ?? bootClock, wallMs, limits });
  return {
    ...createStore(rows),
    [Symbol.asyncDispose]: () => rows.close(),
  };
}
