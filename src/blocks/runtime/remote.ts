/** The services of one namespace in a runtime somewhere else: each method is a call, in the namespace of the client. */
import type { Json } from "../../contract/builder.ts";
import type { Client } from "../../rpc/client.ts";
import type { RuntimeContract } from "./contract.ts";
import { readyTimeoutDefaultMs } from "./index.ts";
import type {
  LogLine,
  LogScope,
  RunOptions,
  RunSpec,
  Runtime,
  ServiceChanges,
  Services,
  WaitOptions,
} from "./index.ts";

type RuntimeClient = Client<typeof RuntimeContract>;

/** What a call takes besides the waiting that it was asked for: to stop a process, twice. */
const stopTimeoutMs = 15_000;

/** A build has this long, and then the old process finishes its calls. */
const updateTimeoutMs = 330_000;

/** A runtime on the other side of a wire; `connect` makes a client for a namespace. */
export function remoteRuntime(connect: (namespace: string) => RuntimeClient): Runtime {
  return { services: (namespace) => remoteServices(connect(namespace)) };
}

/** The client stays its owner's. */
export function remoteServices(client: RuntimeClient): Services {
  return {
    run(spec, { existing, readyTimeoutMs = readyTimeoutDefaultMs, signal }: RunOptions = {}) {
      const timeoutMs = readyTimeoutMs + (existing ? updateTimeoutMs : stopTimeoutMs);
      const input = { spec: plain(spec), existing, readyTimeoutMs };
      return client.run(input, { timeoutMs, signal });
    },
    update(name, changes = {}, options: WaitOptions = {}) {
      const { readyTimeoutMs = readyTimeoutDefaultMs, signal } = options;
      const timeoutMs = readyTimeoutMs + updateTimeoutMs;
      return client.update(
        { name, changes: plain(changes), readyTimeoutMs },
        { timeoutMs, signal },
      );
    },
    restart(name, { readyTimeoutMs = readyTimeoutDefaultMs, signal } = {}) {
      const timeoutMs = readyTimeoutMs + stopTimeoutMs;
      return client.restart({ name, readyTimeoutMs }, { timeoutMs, signal });
    },
    async kill(name, { signal } = {}) {
      await client.kill({ name }, { timeoutMs: stopTimeoutMs, signal });
    },
    list: ({ signal, ...options } = {}) => client.list(options, { signal }),
    logs: (scope) => logs(client, scope),
  };
}

/** A descriptor is plain JSON, which its own type does not say. */
function plain<T extends RunSpec | ServiceChanges>({ contract, ...rest }: T) {
  return { ...rest, ...(contract && { contract: contract as object as Json }) };
}

async function* logs(
  client: RuntimeClient,
  { signal, ...scope }: LogScope = {},
): AsyncGenerator<LogLine, void, undefined> {
  try {
    yield* client.logs(scope, { signal });
  } catch (thrown) {
    // Nobody wants more lines: that is no error here.
    if (!signal?.aborted) throw thrown;
  }
}
