/**
 * The promise of `index.ts` as tests. Every driver passes it, `remote(service(driver))` among them. A driver is excused
 * from a case only by its name with a reason, and only as long as its claim does not hold.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { concurrencyCases } from "./conformance/concurrency-cases.ts";
import { expiryCases } from "./conformance/expiry-cases.ts";
import { limitCases } from "./conformance/limit-cases.ts";
import { listCases } from "./conformance/list-cases.ts";
import { restartCases } from "./conformance/restart-cases.ts";
import { resumeCases } from "./conformance/resume-cases.ts";
import { valueCases } from "./conformance/value-cases.ts";
import { watchCases } from "./conformance/watch-cases.ts";
import { writeCases } from "./conformance/write-cases.ts";
import type { Store, StoreLimits } from "./index.ts";

/** A store with nobody else in it, and what a case needs to do to it. */
export interface StoreUnderTest extends AsyncDisposable {
  readonly store: Store;
  /** Moves the clock of the store. */
  advance(ms: number): Promise<void>;
  /** Ends the store and opens it again on what it kept: another one, in `store` of the result. */
  reopen?(options?: ReopenOptions): Promise<StoreUnderTest>;
}

/** What happens while the store is not open. */
export interface ReopenOptions {
  /** Time that passes. @default 0 */
  readonly offMs?: number;
  /** How much more, or less, the wall clock says. @default 0 */
  readonly wallJumpMs?: number;
  /** The machine starts anew, so that only the wall clock knows how long it was off. @default false */
  readonly reboot?: boolean;
}

/** Opens an empty store for one case. */
export type OpenStore = (limits?: StoreLimits) => Promise<StoreUnderTest>;

/** One claim, with the function that throws where it does not hold. */
export interface StoreCase {
  readonly name: string;
  run(open: OpenStore): Promise<void>;
}

/** What is tested, and what it is excused from. */
export interface StoreConformanceOptions {
  readonly open: OpenStore;
  /** Names of cases that the driver does not keep, with the reason. @default none */
  readonly except?: { readonly [name: string]: string };
}

/** Every promise of the store as a case. */
export const storeCases: readonly StoreCase[] = [
  ...valueCases,
  ...limitCases,
  ...writeCases,
  ...listCases,
  ...expiryCases,
  ...watchCases,
  ...resumeCases,
  ...concurrencyCases,
  ...restartCases,
];

/** A case takes milliseconds; one that takes this long waits for something that will not come. */
const caseTimeoutMs = 30_000;

/** Runs the cases as tests of `node:test`. */
export function storeConformance(driver: string, options: StoreConformanceOptions): void {
  const { open, except = {} } = options;
  for (const name of Object.keys(except)) {
    const known = storeCases.some((each) => each.name === name);
    assert(known, `Cannot except "${name}" for ${driver}: there is no such case`);
  }
  for (const { name, run } of storeCases) {
    const reason = except[name];
    if (reason === undefined) {
      test(`${driver} ${name}`, { timeout: caseTimeoutMs }, () => run(open));
    } else {
      // Not a skip: an exception that nothing needs any more would hide the next failure. And what fails must be the
      // claim: a case that hangs, or breaks where it opens the driver, says nothing of it.
      test(`${driver} does not keep "${name}": ${reason}`, { timeout: caseTimeoutMs }, () =>
        assert.rejects(run(open), assert.AssertionError),
      );
    }
  }
}
