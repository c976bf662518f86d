/** The promise of `index.ts` as tests, with real programs. Every driver passes it, `remote(service(process))` too. */
import { type Case, runSuite, type Suite, type SuiteOptions } from "../../testing/suite.ts";
import type { Registry } from "../registry/index.ts";
import { desiredCases } from "./conformance/desired-cases.ts";
import { killCases } from "./conformance/kill-cases.ts";
import { listCases } from "./conformance/list-cases.ts";
import { logCases } from "./conformance/log-cases.ts";
import { restartCases } from "./conformance/restart-cases.ts";
import { runCases } from "./conformance/run-cases.ts";
import { updateCases } from "./conformance/update-cases.ts";
import type { Runtime, Services } from "./index.ts";

/** A runtime that runs nothing yet, and what a case needs to give it programs. */
export interface RuntimeUnderTest extends AsyncDisposable {
  readonly runtime: Runtime;
  /** Those of the namespace "default" in it. */
  readonly services: Services;
  /** Where its services register. */
  readonly registry: Registry;
  /** An empty folder for programs, which the runtime can read. */
  readonly folder: string;
  /** The text of a module that is ready to serve contracts of these names, and does so as long as it runs. */
  serving(services: readonly string[]): string;
  /** Closes the runtime and opens it again on what it kept: another one, in `runtime` of the result. */
  reopen(): Promise<RuntimeUnderTest>;
}

/** Opens a runtime for one case. */
export type OpenRuntime = () => Promise<RuntimeUnderTest>;

/** One claim about a runtime. */
export type RuntimeCase = Case<OpenRuntime>;

/** Every promise of the runtime as a case. */
export const runtimeSuite: Suite<OpenRuntime> = {
  room: "runtime",
  cases: [
    ...runCases,
    ...updateCases,
    ...restartCases,
    ...killCases,
    ...desiredCases,
    ...listCases,
    ...logCases,
  ],
  // A case starts a few programs.
  caseTimeoutMs: 60_000,
};

/** Runs the cases as tests of `node:test`. */
export function runtimeConformance(driver: string, options: SuiteOptions<OpenRuntime>): void {
  runSuite(runtimeSuite, driver, options);
}
