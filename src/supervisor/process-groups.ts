/**
 * The process groups that somebody started and that still live, so that none is left behind however he ends:
 *
 *     process.once("exit", () => groups.killAll());
 */
import { signalGroup } from "./process-identity.ts";

/** The groups that live now. */
export class ProcessGroups {
  readonly #groups = new Set<number>();

  get size(): number {
    return this.#groups.size;
  }

  /** A group is named by the pid of the process that leads it. */
  add(group: number): void {
    this.#groups.add(group);
  }

  /** To be called when the group is known to be empty, because its number may then mean another one. */
  delete(group: number): void {
    this.#groups.delete(group);
  }

  /** Ends every process of every group, at once and synchronously: the last thing that an exit handler can do. */
  killAll(): void {
    for (const group of this.#groups) signalGroup(group, "SIGKILL");
    this.#groups.clear();
  }
}
