/**
 * The promise of `index.ts` as tests. Every driver passes it, `remote(service(memory))` among them. A driver is excused
 * from a case only by its name with a reason, and only as long as its claim does not hold.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { leaseCases } from "./conformance/lease-cases.ts";
import { questionCases } from "./conformance/question-cases.ts";
import { watchCases } from "./conformance/watch-cases.ts";
import type { Registry, RegistryLimits } from "./index.ts";

/** A registry with nobody else in it, and what a case needs to do to it. */
export interface RegistryUnderTest extends AsyncDisposable {
  readonly registry: Registry;
  /** Lets time pass for the registry, where it has one, while no holder says a word, as if all of them were frozen. */
  silence(ms: number): Promise<void>;
}

/** Opens an empty registry for one case. */
export type OpenRegistry = (limits?: RegistryLimits) => Promise<RegistryUnderTest>;

/** One claim, with the function that throws where it does not hold. */
export interface RegistryCase {
  readonly name: string;
  run(open: OpenRegistry): Promise<void>;
}

/** What is tested, and what it is excused from. */
export interface RegistryConformanceOptions {
  readonly open: OpenRegistry;
  /** Names of cases that the driver does not keep, with the reason. @default none */
  readonly except?: { readonly [name: string]: string };
}

/** Every promise of the registry as a case. */
export const registryCases: readonly RegistryCase[] = [
  ...leaseCases,
  ...questionCases,
  ...watchCases,
];

/** A case takes milliseconds; one that takes this long waits for something that will not come. */
const caseTimeoutMs = 30_000;

/** Runs the cases as tests of `node:test`. */
export function registryConformance(driver: string, options: RegistryConformanceOptions): void {
  const { open, except = {} } = options;
  for (const name of Object.keys(except)) {
    const known = registryCases.some((each) => each.name === name);
    assert(known, `Cannot except "${name}" for ${driver}: there is no such case`);
  }
  for (const { name, run } of registryCases) {
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
