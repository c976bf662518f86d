/**
 * The suite has teeth: each of these runtimes breaks one promise, and a case says so. They run real programs, so each
 * case is run on the mutant alone; that the honest one passes it, its own test says.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { runtimeSuite, type RuntimeUnderTest } from "./conformance.ts";
import { runtimeMutants, type ServicesChange } from "./conformance/test-mutants.ts";
import { openTestPlatform } from "./drivers/process/test-platform.ts";
import type { Services } from "./index.ts";

for (const { breaks, caught, change } of runtimeMutants) {
  test(`the suite of runtime catches a driver where ${breaks}`, { timeout: 60_000 }, async () => {
    const claim = runtimeSuite.cases.find(({ name }) => name === caught);
    assert(claim, `there is no case "${caught}"`);
    const open = async () => mutantOf(await openTestPlatform(), change);
    await assert.rejects(claim.run(open), assert.AssertionError);
  });
}

function mutantOf(honest: RuntimeUnderTest, change: ServicesChange): RuntimeUnderTest {
  const other = (namespace: string) => methodsOf(honest.runtime.services(namespace));
  const services = (namespace: string): Services => {
    const own = other(namespace);
    return { ...own, ...change(own, other) };
  };
  return {
    ...honest,
    runtime: { services },
    services: services("default"),
    reopen: async () => mutantOf(await honest.reopen(), change),
    [Symbol.asyncDispose]: () => honest[Symbol.asyncDispose](),
  };
}

/** Its methods alone: a driver may be a class. */
function methodsOf(services: Services): Services {
  return {
    run: (...given) => services.run(...given),
    update: (...given) => services.update(...given),
    restart: (...given) => services.restart(...given),
    kill: (...given) => services.kill(...given),
    list: (...given) => services.list(...given),
    logs: (...given) => services.logs(...given),
  };
}
