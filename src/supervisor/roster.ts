/** The children of one supervisor, by name and in start order. */
import type { ReefError } from "../core/errors.ts";
import type { ChildState } from "./events.ts";
import * as refusal from "./refusal.ts";
import { startOrder } from "./start-order.ts";
import type { Supervised } from "./supervised.ts";

/** Children of one supervisor; the work after each message grows with it, so larger sets belong into a tree. */
export const childrenMax = 1_000;

export class Roster {
  readonly #supervisor: string;
  #inOrder: ReadonlyMap<string, Supervised> = new Map();

  constructor(supervisor: string) {
    this.#supervisor = supervisor;
  }

  get all(): readonly Supervised[] {
    return [...this.#inOrder.values()];
  }

  /** @throws {ReefError} `not_found` */
  get(name: string): Supervised {
    const child = this.#inOrder.get(name);
    if (!child) throw refusal.noSuchChild(name, this.#supervisor, this.#inOrder.keys());
    return child;
  }

  /** @throws {ReefError} as `Supervisor.add`, having added none */
  add(newcomers: readonly Supervised[]): void {
    const byName = new Map(this.#inOrder);
    for (const child of newcomers) {
      if (byName.has(child.name)) throw refusal.alreadyThere(child.name, this.#supervisor);
      byName.set(child.name, child);
    }
    if (byName.size > childrenMax) {
      throw refusal.tooMany(this.#supervisor, byName.size, childrenMax);
    }
    const sorted = new Map<string, Supervised>();
    for (const name of startOrder(byName.values())) {
      const child = byName.get(name);
      if (child) sorted.set(name, child);
    }
    this.#inOrder = sorted;
  }

  /** @throws {ReefError} `failed_precondition` when others depend on it */
  checkUnneeded({ name }: Supervised): void {
    const dependents = this.all.filter((child) => child.dependsOn.includes(name));
    if (dependents.length === 0) return;
    throw refusal.stillNeeded(
      name,
      dependents.map((child) => child.name),
    );
  }

  /** @throws {ReefError} `failed_precondition` when it would wait for a child that is off */
  checkStartable(child: Supervised): void {
    for (const name of child.dependsOn) {
      const { goal } = this.get(name);
      if (goal === "stopped" || goal === "failed") {
        throw refusal.dependencyIsOff(child.name, name, goal);
      }
    }
  }

  remove(child: Supervised): void {
    this.#inOrder = new Map([...this.#inOrder].filter(([name]) => name !== child.name));
  }

  /** The dependencies of `child` that do not serve. */
  waitingFor(child: Supervised): readonly string[] {
    return child.dependsOn.filter((name) => {
      const dependency = this.get(name);
      return !dependency.served || dependency.leaving;
    });
  }

  states(): readonly ChildState[] {
    return this.all.map((child) => child.state(this.waitingFor(child)));
  }

  /** Whether the child serves, or all that are to run do, or why that will not be so unless somebody acts. */
  readiness(name: string | undefined): boolean | ReefError {
    const asked = this.all.filter((child) => name === undefined || child.name === name);
    if (name !== undefined && asked.length === 0) {
      return refusal.noSuchChild(name, this.#supervisor, this.#inOrder.keys());
    }
    // A child that somebody stopped on purpose is not missed, unless it was asked for by name.
    const expected = asked.filter((child) => name !== undefined || child.goal !== "stopped");
    for (const child of expected) {
      const off = this.#firstOff(child);
      if (off) return refusal.willNotBeReady(child.name, off);
    }
    return expected.every((child) => child.served && !child.leaving);
  }

  /** The child itself or something it waits for, if that is off. */
  #firstOff(child: Supervised): Supervised | undefined {
    if (child.goal === "stopped" || child.goal === "failed") return child;
    if (child.status !== "waiting") return undefined;
    for (const name of child.dependsOn) {
      const off = this.#firstOff(this.get(name));
      if (off) return off;
    }
    return undefined;
  }
}
