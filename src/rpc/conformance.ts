/**
 * What a call promises, as tests that every transport passes. A transport is excused from a case by its name and a
 * reason, and only while it really fails.
 */
import assert from "node:assert/strict";
import { test } from "node:test";

import type { Contract } from "../contract/contract.ts";
import type { Client } from "./client.ts";
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

export interface TransportCase {
  readonly name: string;
  readonly run: (open: OpenFixture) => Promise<void>;
}

export const transportCases: readonly TransportCase[] = [
  ...messageCases,
  ...streamCases,
  ...endingCases,
  ...contextCases,
];

export function transportConformance(
  transport: string,
  options: { readonly open: OpenFixture; readonly except?: { readonly [name: string]: string } },
): void {
  const { open, except = {} } = options;
  for (const name of Object.keys(except)) {
    if (!transportCases.some((each) => each.name === name)) {
      throw new TypeError(`Cannot except "${name}" for ${transport}: there is no such case`);
    }
  }
  for (const { name, run } of transportCases) {
    const reason = except[name];
    if (reason === undefined) {
      test(`${transport} ${name}`, () => run(open));
    } else {
      // Not a skip: an exception that nothing needs any more would hide the next failure.
      test(`${transport} does not keep "${name}": ${reason}`, () => assert.rejects(run(open)));
    }
  }
}
