/** The suite has teeth: each of these drivers breaks one promise, and a case says so. */
import { catchMutants } from "../../testing/mutants.ts";
import { type OpenRegistry, registrySuite } from "./conformance.ts";
import {
  leaseMutants,
  questionMutants,
  type RegistryChange,
} from "./conformance/test-lease-mutants.ts";
import { versionMutants } from "./conformance/test-version-mutants.ts";
import { watchMutants } from "./conformance/test-watch-mutants.ts";
import { createMemoryRegistry } from "./drivers/memory.ts";
import type { Registry } from "./index.ts";

const mutants = [...leaseMutants, ...questionMutants, ...versionMutants, ...watchMutants];
catchMutants(registrySuite, { mutants, open });

function open(change: RegistryChange = () => ({})): OpenRegistry {
  return async (limits) => {
    const honest = createMemoryRegistry(limits);
    const registry: Registry = {
      register: (node, options) => honest.register(node, options),
      expect: (name, options) => honest.expect(name, options),
      resolve: (name, options) => honest.resolve(name, options),
      list: (scope) => honest.list(scope),
      contract: (digest, options) => honest.contract(digest, options),
      watch: (scope) => honest.watch(scope),
      ...change(honest),
    };
    return { registry, async silence() {}, async [Symbol.asyncDispose]() {} };
  };
}
