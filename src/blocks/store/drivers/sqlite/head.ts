/**
 * The newest end of the history, as this thread has it in memory: up to the last commit that it has heard of. The file
 * may be ahead of it; of that nobody who reads is shown anything.
 */
import type { Reader } from "../../../../backends/sqlite/statements.ts";
import type { KeptHistory } from "../rows/kept-history.ts";
import type { Limits } from "../rows/limits.ts";
import { groupsBehind, groupSizes, type PackedGroup } from "./history.ts";
import { KeptGroups } from "./kept-groups.ts";
import { Overlay, type OverlayOptions } from "./overlay.ts";
import { readState } from "./state.ts";

export class Head {
  readonly overlay: Overlay;
  readonly #limits: Limits;
  #kept: KeptGroups;
  #epoch = "";
  #revision = 0;

  constructor(limits: Limits, options: OverlayOptions) {
    this.overlay = new Overlay(options);
    this.#limits = limits;
    this.#kept = new KeptGroups(limits, [], 0);
  }

  /** Of the last write. */
  get revision(): number {
    return this.#revision;
  }

  get history(): KeptHistory {
    return { epoch: this.#epoch, revision: this.#revision, forgotten: this.#kept.forgotten };
  }

  /** From the file, in the place of what was known. */
  load(db: Reader): void {
    const { epoch, revision, applied, forgotten } = readState(db);
    this.#epoch = epoch;
    this.#revision = revision;
    this.#kept = new KeptGroups(this.#limits, groupSizes(db, forgotten), forgotten);
    this.overlay.clear();
    for (const { changes } of groupsBehind(db, applied)) this.overlay.add(changes);
  }

  /** It is on disk. */
  add({ last, bytes, changes }: PackedGroup): void {
    this.#revision = last;
    this.#kept.add({ last, bytes });
    this.overlay.add(changes);
  }
}
