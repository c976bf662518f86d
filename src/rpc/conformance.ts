/** What a call promises, as tests that every transport passes. */
import type { Contract } from "../contract/contract.ts";
import { type Case, runSuite, type Suite, type SuiteOptions } from "../testing/suite.ts";
import type { Client } from "./client.ts";
import { besideCases } from "./conformance/beside-cases.ts";
import { contextCases } from "./conformance/context-cases.ts";
import { endingCases } from "./conformance/ending-cases.ts";
import { messageCases } from "./conformance/message-cases.ts";
import { streamCases } from "./conformance/stream-cases.ts";
import type { Service } from "./service.ts";

/** A served service and a client of it over the transport under test. */
export interface Fixture extends AsyncDisposable {
  /** Any contract under the service's name may be asked for: that is how older and newer callers look. */
  client<C extends Contract>(contract: C): Client<C>;
}

export type OpenFixture = (services: readonly Service[]) => Promise<Fixture>;

export type TransportCase = Case<OpenFixture>;

export const transportSuite: Suite<OpenFixture> = {
  room: "rpc",
  cases: [...messageCases, ...streamCases, ...endingCases, ...contextCases, ...besideCases],
};

export function transportConformance(transport: string, options: SuiteOptions<OpenFixture>): void {
  runSuite(transportSuite, transport, options);
}
