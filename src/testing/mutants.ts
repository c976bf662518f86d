/**
 * Whether a suite has teeth: drivers that break one promise each, and for each of them the case whose assertion says
 * so. A case that nobody can fail is no claim.
 */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { ReefError } from "../core/errors.ts";
import { soonMs } from "./soon.ts";
import type { Suite } from "./suite.ts";

/** A change of an honest driver in memory. */
export interface Mutant<Change> {
  /** The promise, as a sentence: `watch() repeats changes`. */
  readonly breaks: string;
  /** The name of the case. */
  readonly caught: string;
  readonly change: Change;
}

/** What is changed. */
export interface MutantsOptions<Open, Change> {
  readonly mutants: readonly Mutant<Change>[];
  /** Opens the driver with a change, or the honest one. */
  open(change?: Change): Open;
  /** Turns of the event loop after which a case that has not settled waits for ever. @default 1_000 */
  readonly turnsMax?: number;
}

/** Runs the case of each mutant on the honest driver, which passes it, and on the mutant, which does not. */
export function catchMutants<Open, Change>(
  { room, cases }: Suite<Open>,
  { mutants, open, turnsMax = turnsMaxDefault }: MutantsOptions<Open, Change>,
): void {
  for (const { breaks, caught, change } of mutants) {
    test(`the suite of ${room} catches a driver where ${breaks}`, async (context) => {
      const claim = cases.find(({ name }) => name === caught);
      assert(claim, `there is no case "${caught}"`);
      context.mock.timers.enable({ apis: ["setTimeout"] });
      await settled(claim.run(open()), context, turnsMax);
      await assert.rejects(
        settled(claim.run(open(change)), context, turnsMax),
        assert.AssertionError,
      );
    });
  }
}

/** A case that no mutant fails may be one that nothing can fail. */
export function refuseCasesWithoutMutant<Open, Change>(
  { room, cases }: Suite<Open>,
  mutants: readonly Mutant<Change>[],
): void {
  test(`the suite of ${room} has no case without a mutant that it catches`, () => {
    const caught = new Set(mutants.map((mutant) => mutant.caught));
    const without = cases.map(({ name }) => name).filter((name) => !caught.has(name));
    assert.deepEqual(without, []);
  });
}

/** A driver in memory settles at once; to what then still waits, all the time that it has is let pass. */
async function settled(run: Promise<void>, { mock }: TestContext, turnsMax: number): Promise<void> {
  if (await isOver(run, turnsMax)) return run;
  mock.timers.tick(soonMs);
  if (await isOver(run, turnsMax)) return run;
  const text = "Cannot judge this case: it waits without a limit; let it wait with soon()";
  throw new ReefError("deadline_exceeded", text);
}

/**
 * In memory everything happens in promises: what has not settled after this many turns waits for a timer, or for ever.
 */
const turnsMaxDefault = 1_000;

async function isOver(run: Promise<void>, turnsMax: number): Promise<boolean> {
  const over = run.then(
    () => true,
    () => true,
  );
  for (let turn = 0; turn < turnsMax; turn++) {
    const later = new Promise<boolean>((resolve) => setImmediate(resolve, false));
    if (await Promise.race([over, later])) return true;
  }
  return false;
}

/** A watch out of a generator, for mutants: one that can be left while it waits, which a generator alone cannot. */
export function leavable<E>(
  signal: AbortSignal | undefined,
  read: (signal: AbortSignal) => AsyncIterable<E>,
): AsyncIterable<E> {
  return {
    [Symbol.asyncIterator]() {
      const left = new AbortController();
      const over = signal ? AbortSignal.any([signal, left.signal]) : left.signal;
      const events = read(over)[Symbol.asyncIterator]();
      return {
        next: () => events.next(),
        async return() {
          left.abort();
          await events.return?.();
          return { done: true, value: undefined };
        },
      };
    },
  };
}
