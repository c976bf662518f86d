/** Any driver as a service: the services are those of the namespace of the call, so that nobody can ask for others. */
import type { Caller } from "../../core/identity.ts";
import { type Service, service } from "../../rpc/service.ts";
import { RuntimeContract } from "./contract.ts";
import type { RunSpec, Runtime, ServiceChanges } from "./index.ts";

export interface RuntimeServiceOptions {
  /** Asked before somebody says what runs. @throws {ReefError} `permission_denied` @default nobody is asked */
  readonly checkProgram?: (caller: Caller, method: "run" | "update") => Promise<void>;
}

export function runtimeService(
  runtime: Runtime,
  { checkProgram }: RuntimeServiceOptions = {},
): Service<typeof RuntimeContract> {
  return service(RuntimeContract, {
    run: async ({ spec, ...options }, { namespace, caller, signal }) => {
      await checkProgram?.(caller, "run");
      // A descriptor is plain JSON; what it says of itself, the driver checks.
      return runtime.services(namespace).run(spec as object as RunSpec, { ...options, signal });
    },
    update: async ({ name, changes, readyTimeoutMs }, { namespace, caller, signal }) => {
      await checkProgram?.(caller, "update");
      // As above.
      const given = changes as object as ServiceChanges;
      return runtime.services(namespace).update(name, given, { readyTimeoutMs, signal });
    },
    restart: ({ name, readyTimeoutMs }, { namespace, signal }) =>
      runtime.services(namespace).restart(name, { readyTimeoutMs, signal }),
    async kill({ name }, { namespace, signal }) {
      await runtime.services(namespace).kill(name, { signal });
      return {};
    },
    async list(options, { namespace, signal }) {
      const { items, cursor } = await runtime.services(namespace).list({ ...options, signal });
      return { items: [...items], ...(cursor !== undefined && { cursor }) };
    },
    logs: (scope, { namespace, signal }) => runtime.services(namespace).logs({ ...scope, signal }),
  });
}
