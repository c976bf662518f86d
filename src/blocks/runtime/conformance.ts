/**
 * The promise of `index.ts` as tests, with real programs. Every driver passes it, `remote(service(process))` among
 * them. A driver leaves a case out only by naming it with a reason, and only as long as the case does fail.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Registry } from "../registry/index.ts";
import { killCases } from "./conformance/kill-cases.ts";
import { logCases } from "./conformance/log-cases.ts";
import { restartCases } from "./conformance/restart-cases.ts";
import { runCases } from "./conformance/run-cases.ts";
import type { Runtime, Services } from "./index.ts";

/** A runtime that runs nothing yet, and what a test needs to give it programs. */
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
}

export type OpenRuntime = () => Promise<RuntimeUnderTest>;

/** One claim, with the function that throws where it does not hold. */
export interface RuntimeCase {
  readonly name: string;
  run(open: OpenRuntime): Promise<void>;
}

export interface RuntimeConformanceOptions {
  readonly open: OpenRuntime;
  /** Names of cases that the driver does not keep, with the reason. @default none */
  readonly except?: { readonly [name: string]: string };
}

export const runtimeCases: readonly RuntimeCase[] = [
  ...runCases,
  ...restartCases,
  ...killCases,
  ...logCases,
];

/** A case starts a few programs; one that takes this long waits for something that will not come. */
const caseTimeoutMs = 60_000;

export function runtimeConformance(driver: string, options: RuntimeConformanceOptions): void {
  const { open, except = {} } = options;
  for (const name of Object.keys(except)) {
    const known = runtimeCases.some((each) => each.name === name);
    assert(known, `Cannot except "${name}" for ${driver}: there is no such case`);
  }
  for (const { name, run } of runtimeCases) {
    const reason = except[name];
    if (reason === undefined) {
      test(`${driver} ${name}`, { timeout: caseTimeoutMs }, () => run(open));
    } else {
      // Not a skip: an exception that nothing needs any more would hide the next failure.
      test(`${driver} fails "${name}": ${reason}`, () => assert.rejects(run(open)));
    }
  }
}
