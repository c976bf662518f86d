/**
 * The one way in which the store is written: those who write while the disk is busy share the next commit, and nobody
 * sees or is told of anything before it is there.
 *
 * Two commits may be on their way, so that the disk has the next one when it is through with one. The second is decided
 * on what the first will have written. If the first fails then the second stands on what never came to be: the file
 * refuses it (`noteCommit`), and it is decided anew.
 */
import type { Sqlite } from "../../../../backends/sqlite.ts";
import { closedError } from "../../../../backends/sqlite/writer.ts";
import type { Waiting } from "../../../../core/waiting.ts";
import type { Written } from "../rows/create-store.ts";
import type { Note } from "../rows/store-time.ts";
import { type Asked, decideGroup, type Group, type Outcome } from "./group.ts";
import type { Head } from "./head.ts";
import { packGroup } from "./history.ts";
import type { ChangedRow } from "./packed-rows.ts";
import { TreeWriter } from "./tree-writer.ts";
import type { storeUnits } from "./units.ts";
import type { View } from "./view.ts";
import { type WaitingWrite, WaitingWrites } from "./waiting-writes.ts";

/** One that the disk works on and one that waits for it: a third would only be smaller than it could be. */
const underwayMax = 2;

/**
 * The second begins with half as many as are on their way, or more: with fewer it would cost as much as the first, 0.3
 * ms of this process, for those few.
 */
const shareMin = 0.5;

export interface GroupWriterOptions {
  readonly file: Sqlite<typeof storeUnits.units>;
  /** For errors. */
  readonly fileName: string;
  readonly head: Head;
  readonly view: View;
  readonly tablesMax: number;
  /** The time of a commit. */
  readonly note: () => Note;
  /** It is on disk, and its writers are not told yet. */
  readonly onCommit: (rows: readonly ChangedRow[]) => void;
}

/** A commit on its way, and who asked for it. */
interface Underway {
  readonly asked: readonly WaitingWrite[];
  readonly group: Group;
  /** The one before it has failed: the file refuses it, and it is decided anew. */
  isVoid: boolean;
}

export class GroupWriter {
  readonly #options: GroupWriterOptions;
  readonly #tree: TreeWriter;
  readonly #waiting = new WaitingWrites();
  /** In their order. */
  readonly #underway: Underway[] = [];
  /** When the last of them is done with. */
  #last: Promise<void> | undefined;
  #isAdvancing = false;
  /** As long as there is something to do. */
  #working: PromiseWithResolvers<void> | undefined;
  #isClosing = false;

  constructor(options: GroupWriterOptions) {
    this.#options = options;
    this.#tree = new TreeWriter(options.file, options.head);
  }

  /** Whoever leaves while it waits takes it back. @throws {ReefError} when it cannot wait */
  write(asked: Asked, waiting: Waiting | undefined): Promise<Written> {
    this.#options.file.refuseWhenOver();
    if (this.#isClosing) throw closedError(this.#options.fileName);
    const written = this.#waiting.add(asked, waiting);
    this.#advanceSoon();
    return written;
  }

  /** When nothing waits and nothing is on its way. */
  async idle(): Promise<void> {
    await this.#working?.promise;
  }

  /**
   * Takes no more, and brings all that is in the overlay into the tree. What the disk has no room for stays in the
   * history, from where the next start reads it.
   */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.#advanceSoon();
    await this.#working?.promise;
  }

  /** At the end of this turn: whoever asks in the same turn comes along. */
  #advanceSoon(): void {
    if (this.#isAdvancing) return;
    this.#isAdvancing = true;
    this.#working ??= Promise.withResolvers();
    queueMicrotask(() => {
      this.#isAdvancing = false;
      this.#advance();
    });
  }

  /** Begins whatever may begin; asked whenever something has come, and whenever something is done. */
  #advance(): void {
    const { overlay } = this.#options.head;
    if (overlay.isFull && !overlay.isApplying) overlay.beginApplying();
    while (this.#mayBegin()) this.#begin();
    if (this.#underway.length > 0 || this.#tree.isBusy) return;
    if (this.#isClosing && !overlay.isApplying && !overlay.isEmpty) overlay.beginApplying();
    if (overlay.isApplying) void this.#applyAlone();
    else this.#becomeIdle();
  }

  #mayBegin(): boolean {
    const { overlay } = this.#options.head;
    if (this.#waiting.length === 0) return false;
    // Nobody reads or writes faster than the tree is written for long.
    if (overlay.isFull && overlay.isApplying) return false;
    const [first] = this.#underway;
    if (first === undefined) return true;
    if (this.#underway.length === underwayMax || first.isVoid) return false;
    return this.#waiting.length >= shareMin * first.asked.length;
  }

  #begin(): void {
    const { head, view, tablesMax, note: noteOf } = this.#options;
    const note = noteOf();
    const underway = this.#underway.map(({ group }) => group).toReversed();
    const revision = underway[0]?.revision ?? head.revision;
    const asked = this.#waiting.nextGroup();
    const group = decideGroup(asked, { view, underway, tablesMax, revision, nowMs: note.timeMs });
    const own = { asked, group, isVoid: false };
    this.#underway.push(own);
    this.#last = this.#commit(own, note, this.#last);
  }

  /** Tells them what has come of it, in the order of commits. Never fails. */
  async #commit(own: Underway, note: Note, before: Promise<void> | undefined): Promise<void> {
    const { asked, group } = own;
    const appended = group.rows.length > 0 ? this.#append(group.rows, note) : undefined;
    const [result] = await Promise.allSettled([appended, before]);
    this.#underway.shift();
    const isRefused = result.status === "rejected";
    if (own.isVoid) this.#waiting.giveBack(asked);
    else if (isRefused) for (const each of this.#underway) each.isVoid = true;
    else if (result.value) {
      this.#options.head.add(result.value);
      this.#options.onCommit(group.rows);
    }
    // The disk works while these are answered and ask again.
    this.#advance();
    if (own.isVoid) return;
    if (isRefused) refuseAll(asked, result.reason);
    else tellAll(asked, group.outcomes);
  }

  /** @throws why none of them is done */
  async #append(rows: readonly ChangedRow[], note: Note) {
    const group = packGroup(rows);
    const appended = this.#options.file.write("append", { ...group, ...note });
    // In the same turn as the group, so that the writer's thread takes both into one commit.
    void this.#tree.beside(rows.length)?.then(() => this.#advance());
    await appended;
    return group;
  }

  async #applyAlone(): Promise<void> {
    const failed = await this.#tree.apply();
    if (failed === undefined) return this.#advance();
    // When the disk fails the next write tries again. Those for whom the overlay has no room were the next ones.
    if (this.#waiting.length === 0) return this.#becomeIdle();
    if (!this.#mayBegin()) refuseAll(this.#waiting.nextGroup(), failed);
    this.#advance();
  }

  #becomeIdle(): void {
    this.#working?.resolve();
    this.#working = undefined;
  }
}

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
