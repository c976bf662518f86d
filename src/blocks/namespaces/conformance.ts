/** The promise of `index.ts` as tests. Every driver passes it, `remote(service(driver))` among them. */
import { type Case, runSuite, type Suite, type SuiteOptions } from "../../testing/suite.ts";
import { baseCases } from "./conformance/base-cases.ts";
import { deletionCases } from "./conformance/deletion-cases.ts";
import type { RecordedHoldings } from "./conformance/fixture.ts";
import { recordCases } from "./conformance/record-cases.ts";
import { watchCases } from "./conformance/watch-cases.ts";
import type { Namespaces } from "./index.ts";

/** Namespaces of which only the first two are there, and what a case needs to do to them. */
export interface NamespacesUnderTest extends AsyncDisposable {
  readonly namespaces: Namespaces;
  /** What they were opened with. */
  readonly holdings: RecordedHoldings;
  /** Others that keep what they keep in the same place, as the next process has them. */
  again(): Promise<Namespaces>;
}

/** Opens them for one case. */
export type OpenNamespaces = () => Promise<NamespacesUnderTest>;

/** One claim about namespaces. */
export type NamespacesCase = Case<OpenNamespaces>;

/** Every promise of namespaces as a case. */
export const namespacesSuite: Suite<OpenNamespaces> = {
  room: "namespaces",
  cases: [...recordCases, ...baseCases, ...deletionCases, ...watchCases],
};

/** Runs the cases as tests of `node:test`. */
export function namespacesConformance(driver: string, options: SuiteOptions<OpenNamespaces>): void {
  runSuite(namespacesSuite, driver, options);
}
