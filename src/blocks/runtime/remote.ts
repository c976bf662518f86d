/** A runtime somewhere else, as a driver: each method is a call. */
import type { Json } from "../../contract/builder.ts";
import type { Client } from "../../rpc/client.ts";
import type { RuntimeContract } from "./contract.ts";
import { readyTimeoutDefaultMs } from "./index.ts";
import type { LogLine, LogScope, Runtime, ServiceStatus } from "./index.ts";

/** What a call takes besides the waiting that it was asked for: to stop a process, twice. */
const stopTimeoutMs = 15_000;

export function remoteRuntime(client: Client<typeof RuntimeContract>): Runtime {
  return {
    run(spec, { readyTimeoutMs = readyTimeoutDefaultMs, signal } = {}) {
      const timeoutMs = readyTimeoutMs + stopTimeoutMs;
      // A descriptor is plain JSON, which its own type does not say.
      const contract = spec.contract as object as Json | undefined;
      const input = { spec: { ...spec, contract }, readyTimeoutMs };
      return client.run(input, { timeoutMs, signal });
    },
    restart(service, { readyTimeoutMs = readyTimeoutDefaultMs, signal } = {}) {
      const timeoutMs = readyTimeoutMs + stopTimeoutMs;
      return client.restart({ service, readyTimeoutMs }, { timeoutMs, signal });
    },
    async kill(service, { signal } = {}) {
      await client.kill(service, { timeoutMs: stopTimeoutMs, signal });
    },
    async list({ namespace, signal } = {}) {
      const all: ServiceStatus[] = [];
      for await (const status of client.list({ namespace }, { signal })) all.push(status);
      return all;
    },
    logs: (scope) => logs(client, scope),
  };
}

async function* logs(
  client: Client<typeof RuntimeContract>,
  { signal, ...scope }: LogScope = {},
): AsyncGenerator<LogLine, void, undefined> {
  try {
    yield* client.logs(scope, { signal });
  } catch (thrown) {
    // Nobody wants more lines: that is no error here.
    if (!signal?.aborted) throw thrown;
  }
}
