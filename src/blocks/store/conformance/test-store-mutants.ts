/** Drivers that break a promise about the store as a whole: its databases, its limits, and what a restart leaves. */
import type { Mutant } from "../../../testing/mutants.ts";
import { listAll, tableOf } from "./fixture.ts";
import { retold, type StoreChange, watching } from "./test-changed-store.ts";

const closedTime = "the time while the store is closed counts, whatever the wall clock says";

export const storeMutants: readonly Mutant<StoreChange>[] = [
  {
    breaks: "survives() does not look at its signal",
    caught: "every method rejects with the reason of a signal that has fired, and does nothing",
    change: { survives: (honest) => () => honest.survives() },
  },
  {
    breaks: "tables() is in no order",
    caught: "tables() names the tables that have entries, sorted, of its database only",
    change: { tables: (honest) => async () => (await honest.tables()).toReversed() },
  },
  {
    breaks: "tables() names those that are empty, too",
    caught: "tables() names the tables that have entries, sorted, of its database only",
    change: { tables: (honest) => async () => ["empty", ...(await honest.tables())].toSorted() },
  },
  {
    breaks: "historyMax is no limit",
    caught: "watch({ after }) of a moment whose history is not kept is out_of_range",
    change: { limits: (limits) => ({ ...limits, historyMax: Infinity }) },
  },
  {
    breaks: "historyBytesMax is no limit",
    caught: "the history is kept up to historyBytesMax too",
    change: { limits: (limits) => ({ ...limits, historyBytesMax: Infinity }) },
  },
  {
    breaks: "a restart forgets everything",
    caught: "after a restart everything is as it was, and revisions go on rising",
    change: {
      restart: {
        async lose(store) {
          const table = tableOf({ store });
          for (const { key } of await listAll(table)) await table.delete(key);
        },
      },
    },
  },
  {
    breaks: "a restart takes a part of a batch",
    caught: "what was under way when the store ended is there as a whole or not at all",
    change: { restart: { lose: (store) => tableOf({ store }).delete("a7") } },
  },
  {
    breaks: "a watch goes on after a restart with what is to come",
    caught: "after a restart a watch goes on where it was, without gap or repeat",
    change: { restart: { table: fromNowOn() } },
  },
  {
    breaks: "a restart forgets what it did not keep",
    caught: "after a restart a history that was not kept is still out_of_range",
    change: { restart: { table: fromNowOn() } },
  },
  {
    breaks: "the time while the store is closed does not count",
    caught: closedTime,
    change: { restart: { passedMs: () => 0 } },
  },
  {
    breaks: "the time while the store is closed is what the wall clock says",
    caught: closedTime,
    change: {
      restart: { passedMs: ({ offMs, wallJumpMs }) => Math.max(0, offMs + wallJumpMs) },
    },
  },
  {
    breaks: "the time while the machine is off does not count",
    caught:
      "the time while the machine is off is what the wall clock says, and never less than none",
    change: { restart: { passedMs: ({ offMs, reboot }) => (reboot ? 0 : offMs) } },
  },
  {
    breaks: "what expires while the store is closed is not told",
    caught: "a watch that goes on after a restart is told what expired meanwhile",
    change: {
      restart: {
        table: retold(({ kind, ...event }) => {
          return kind !== "change" || !("changes" in event) || event.changes.some((c) => c.value);
        }),
      },
    },
  },
];

/** Watches that do not know what happened. */
function fromNowOn() {
  return watching(async function* (_, honest, { after: _after, ...options }) {
    for await (const event of honest.watch(options)) if (event.kind === "change") yield event;
  });
}
