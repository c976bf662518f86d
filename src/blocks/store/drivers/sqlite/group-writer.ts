/**
 * The one way in which the store is written: those who write while a commit is on its way to the disk share the next
 * one, and nobody sees or is told of anything before it is there. Beside the commits goes what the overlay has for the
 * tree, a few rows with each, so that nobody waits for it.
 */
import type { Sqlite } from "../../../../backends/sqlite.ts";
import { closedError } from "../../../../backends/sqlite/writer.ts";
import type { Waiting } from "../../../../core/waiting.ts";
import type { Written } from "../rows/database.ts";
import type { Note } from "../rows/store-time.ts";
import { type Asked, Group, type Outcome } from "./group.ts";
import { packGroup } from "./history.ts";
import type { Head } from "./head.ts";
import { type ChangedRow, packRows } from "./packed-rows.ts";
import type { storeUnits } from "./units.ts";
import type { View } from "./view.ts";
import { type WaitingWrite, WaitingWrites } from "./waiting-writes.ts";

/**
 * Rows for the tree with each row that is written: more than one, so that the overlay is emptied faster than filled.
 */
const appliedPerRow = 2;
/** At least as many; so many cost less than the fsync of the commit. */
const appliedRowsMin = 64;
/** Where nobody waits: still one commit in some milliseconds. */
const appliedRowsMax = 1_000;

export interface GroupWriterOptions {
  readonly file: Sqlite<typeof storeUnits.units>;
  /** The name of the file, for errors. */
  readonly database: string;
  readonly head: Head;
  readonly view: View;
  readonly tablesMax: number;
  /** The time of a commit. */
  readonly note: () => Note;
  /** It is on disk, and its writers are not told yet. */
  readonly onCommit: (rows: readonly ChangedRow[]) => void;
}

export class GroupWriter {
  readonly #options: GroupWriterOptions;
  readonly #waiting = new WaitingWrites();
  #running: Promise<void> | undefined;
  #closing = false;

  constructor(options: GroupWriterOptions) {
    this.#options = options;
  }

  /** Whoever leaves while it waits takes it back. @throws {ReefError} when it cannot wait */
  write(asked: Asked, waiting: Waiting | undefined): Promise<Written> {
    this.#options.file.refuseWhenOver();
    if (this.#closing) throw closedError(this.#options.database);
    const written = this.#waiting.add(asked, waiting);
    this.#running ??= this.#run();
    return written;
  }

  /** When nothing waits and nothing is on its way. */
  async idle(): Promise<void> {
    await this.#running;
  }

  /**
   * Takes no more, and brings all that is in the overlay into the tree. What the disk has no room for stays in the
   * history, from where the next start reads it.
   */
  async close(): Promise<void> {
    this.#closing = true;
    await (this.#running ??= this.#run());
  }

  /**
   * One commit after the other, as long as there is something to do. Never fails. Those of one commit are told when the
   * next one is on its way to the disk, which works while they are answered and ask again.
   */
  async #run(): Promise<void> {
    const { overlay } = this.#options.head;
    let tell = nobody;
    // Whoever asks in the same turn comes along.
    await undefined;
    while (this.#hasWork()) {
      const asked = this.#waiting.nextGroup();
      const commit = asked.length > 0 ? this.#commit(asked) : undefined;
      tell();
      // oxlint-disable-next-line no-await-in-loop
      tell = (await commit) ?? nobody;
      if (commit) continue;
      if (!overlay.isApplying) overlay.beginApplying();
      // oxlint-disable-next-line no-await-in-loop
      const isApplied = await succeeds(this.#apply(appliedRowsMax));
      // When the disk fails, the next write tries again.
      if (!isApplied && this.#waiting.length === 0) break;
    }
    this.#running = undefined;
    tell();
  }

  #hasWork(): boolean {
    const { overlay } = this.#options.head;
    return this.#waiting.length > 0 || overlay.isApplying || (this.#closing && !overlay.isEmpty);
  }

  /** Tells them what has come of it; never fails. */
  async #commit(asked: readonly WaitingWrite[]): Promise<() => void> {
    try {
      const outcomes = await this.#committed(asked);
      return () => tellAll(asked, outcomes);
    } catch (refused) {
      return () => refuseAll(asked, refused);
    }
  }

  /** @throws why none of them is done */
  async #committed(asked: readonly WaitingWrite[]): Promise<readonly Outcome[]> {
    const { file, head, view, tablesMax, note: noteOf, onCommit } = this.#options;
    const { overlay } = head;
    // Nobody reads or writes faster than this for long.
    // oxlint-disable-next-line no-await-in-loop
    while (overlay.isFull && overlay.isApplying) await this.#apply(appliedRowsMax);
    if (overlay.isFull) overlay.beginApplying();
    const note = noteOf();
    const { revision } = head;
    const { rows, outcomes } = new Group(asked, { view, tablesMax, revision, nowMs: note.timeMs });
    if (rows.length > 0) {
      const group = packGroup(rows);
      const appended = file.write("append", { ...group, ...note });
      // In the same commit.
      const applied = overlay.isApplying ? succeeds(this.#apply(rowsToApply(rows))) : undefined;
      await appended;
      head.add(group);
      onCommit(rows);
      await applied;
    }
    return outcomes;
  }

  /** @throws when they are not in the tree; they are tried again */
  async #apply(count: number): Promise<void> {
    const { file, head } = this.#options;
    const { overlay } = head;
    const rows = overlay.nextRows(count);
    const isEnd = rows.length < count;
    const writes: Promise<void>[] = [];
    if (rows.length > 0) writes.push(file.write("apply", { rows: packRows(rows) }));
    if (isEnd) {
      const applied = overlay.applyingRevision;
      const forgotten = Math.min(applied, head.history.forgotten);
      writes.push(file.write("endApplying", { applied, forgotten }));
    }
    try {
      await Promise.all(writes);
    } catch (error) {
      overlay.giveBack(rows);
      throw error;
    }
    if (isEnd) overlay.endApplying();
  }
}

function rowsToApply({ length }: readonly ChangedRow[]): number {
  return Math.min(Math.max(appliedPerRow * length, appliedRowsMin), appliedRowsMax);
}

function nobody(): void {}

function tellAll(waiting: readonly WaitingWrite[], outcomes: readonly Outcome[]): void {
  for (let n = 0; n < waiting.length; n++) {
    // There is one for each.
    const [{ resolve, reject }, outcome] = [waiting[n]!, outcomes[n]!];
    if ("refused" in outcome) reject(outcome.refused);
    else resolve(outcome);
  }
}

function refuseAll(waiting: readonly WaitingWrite[], refused: unknown): void {
  for (const { reject } of waiting) reject(refused);
}

async function succeeds(done: Promise<void>): Promise<boolean> {
  return done.then(
    () => true,
    () => false,
  );
}
