/**
 * Any driver as a service: what callers send, said to a runtime. Who may call it is decided before a call comes here.
 */
import { type Service, service } from "../../rpc/service.ts";
import { RuntimeContract } from "./contract.ts";
import type { RunSpec, Runtime } from "./index.ts";

export function runtimeService(runtime: Runtime): Service<typeof RuntimeContract> {
  return service(RuntimeContract, {
    run: ({ spec, readyTimeoutMs }, { signal }) => {
      // The driver checks what the schema cannot say of it.
      return runtime.run(spec as object as RunSpec, { readyTimeoutMs, signal });
    },
    restart: ({ service: name, readyTimeoutMs }, { signal }) =>
      runtime.restart(name, { readyTimeoutMs, signal }),
    async kill(name, { signal }) {
      await runtime.kill(name, { signal });
      return {};
    },
    async *list(scope, { signal }) {
      yield* await runtime.list({ ...scope, signal });
    },
    logs: (scope, { signal }) => runtime.logs({ ...scope, signal }),
  });
}
