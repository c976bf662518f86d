/** The promise of `index.ts` as tests. Every driver passes it, `remote(service(memory))` among them. */
import { type Case, runSuite, type Suite, type SuiteOptions } from "../../testing/suite.ts";
import { leaseCases } from "./conformance/lease-cases.ts";
import { leavingCases } from "./conformance/leaving-cases.ts";
import { questionCases } from "./conformance/question-cases.ts";
import { registerCases } from "./conformance/register-cases.ts";
import { versionCases } from "./conformance/version-cases.ts";
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

/** One claim about a registry. */
export type RegistryCase = Case<OpenRegistry>;

/** Every promise of the registry as a case. */
export const registrySuite: Suite<OpenRegistry> = {
  room: "registry",
  cases: [
    ...registerCases,
    ...versionCases,
    ...leaseCases,
    ...questionCases,
    ...watchCases,
    ...leavingCases,
  ],
};

/** Runs the cases as tests of `node:test`. */
export function registryConformance(driver: string, options: SuiteOptions<OpenRegistry>): void {
  runSuite(registrySuite, driver, options);
}
