/** The promise of `index.ts` as tests. Every driver passes it, `remote(service(driver))` among them. */
import assert from "node:assert/strict";
import { type Case, runSuite, type Suite, type SuiteOptions } from "../../testing/suite.ts";
import { concurrencyCases } from "./conformance/concurrency-cases.ts";
import { expiryCases } from "./conformance/expiry-cases.ts";
import { leavingCases } from "./conformance/leaving-cases.ts";
import { limitCases } from "./conformance/limit-cases.ts";
import { listCases } from "./conformance/list-cases.ts";
import { restartCases } from "./conformance/restart-cases.ts";
import { resumeCases } from "./conformance/resume-cases.ts";
import { valueCases } from "./conformance/value-cases.ts";
import { watchCases } from "./conformance/watch-cases.ts";
import { writeCases } from "./conformance/write-cases.ts";
import type { Store, StoreLimits, Survives } from "./index.ts";

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

/** One claim about a store. */
export type StoreCase = Case<OpenStore>;

/** What is tested, and what it is excused from. */
export interface StoreConformanceOptions extends SuiteOptions<OpenStore> {
  /** What `Store.survives` says of the driver. */
  readonly survives: Survives;
}

/** Every promise of the store as a case. */
export const storeSuite: Suite<OpenStore> = {
  room: "store",
  cases: [
    ...valueCases,
    ...limitCases,
    ...writeCases,
    ...listCases,
    ...expiryCases,
    ...watchCases,
    ...leavingCases,
    ...resumeCases,
    ...concurrencyCases,
    ...restartCases,
  ],
};

/** Runs the cases as tests of `node:test`. */
export function storeConformance(driver: string, options: StoreConformanceOptions): void {
  const { survives } = options;
  const claim: StoreCase = {
    name: `survives() says "${survives}"`,
    async run(open) {
      await using it = await open();
      assert.equal(await it.store.survives(), survives);
    },
  };
  runSuite({ ...storeSuite, cases: [claim, ...storeSuite.cases] }, driver, options);
}
