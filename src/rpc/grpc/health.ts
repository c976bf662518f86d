/**
 * `grpc.health.v1`: what load balancers and probes of others ask whether a server may be called.
 * Source: https://github.com/grpc/grpc/blob/master/doc/health-checking.md
 */
import { contractFromDescriptor } from "../../contract/contract-from-descriptor.ts";
import type { ContractDescriptor } from "../../contract/descriptor.ts";
import { ReefError } from "../../core/errors.ts";
import type { BuiltIn } from "./built-in-services.ts";
import { withProtoFile } from "./proto-file.ts";
import { protoMessage, text, zeroField } from "./proto-shapes.ts";

type Status = "SERVING" | "NOT_SERVING" | "SERVICE_UNKNOWN";

const request = protoMessage("grpc.health.v1.HealthCheckRequest", {
  service: zeroField(1, text, ""),
});

const numbers = { UNKNOWN: 0, SERVING: 1, NOT_SERVING: 2, SERVICE_UNKNOWN: 3 };
const status = { kind: "enum", values: Object.keys(numbers), numbers, open: true } as const;
const response = protoMessage("grpc.health.v1.HealthCheckResponse", {
  status: zeroField(1, status, "UNKNOWN"),
});

const descriptor: ContractDescriptor = {
  name: "grpc-health",
  version: "1.0.0",
  methods: {
    check: { name: "check", kind: "unary", input: request, output: response },
    watch: { name: "watch", kind: "server_stream", input: request, output: response },
  },
  proto: { service: "grpc.health.v1.Health" },
};

interface Asked {
  /** Full name of a service; empty for the server as a whole. */
  readonly service: string;
}

/** Whether a service takes calls, by its full name; undefined for one that is not known here. */
export type Serves = (name: string) => boolean | undefined;

export class Health {
  readonly #serves: Serves;
  /** Those who watch, to look again. */
  readonly #watchers = new Set<() => void>();
  #draining = false;

  constructor(serves: Serves) {
    this.#serves = serves;
  }

  builtIn(): BuiltIn {
    const file = "grpc/health/v1/health.proto";
    return {
      contract: contractFromDescriptor(withProtoFile(descriptor, file)),
      // What comes was read and validated by the shape of the request.
      handlers: {
        check: (asked) => this.#check((asked as Asked).service),
        watch: (asked, call) => this.#watch((asked as Asked).service, call.signal),
      },
    };
  }

  /** From now on nothing is served; whoever watches hears of it, which ends the watch. */
  drain(): void {
    this.#draining = true;
    this.changed();
  }

  /** What `serves` says may be different now. */
  changed(): void {
    for (const look of this.#watchers) look();
  }

  #check(name: string): { status: Status } {
    const found = this.#status(name);
    if (found !== "SERVICE_UNKNOWN") return { status: found };
    throw new ReefError("not_found", `Cannot check ${name}: no such service is known here`);
  }

  async *#watch(name: string, signal: AbortSignal): AsyncGenerator<{ status: Status }> {
    let told: Status | undefined;
    let wake: () => void = ignore;
    const look = () => wake();
    this.#watchers.add(look);
    signal.addEventListener("abort", look, { once: true });
    try {
      while (!signal.aborted) {
        const now = this.#status(name);
        if (now !== told) {
          told = now;
          yield { status: now };
        } else if (this.#draining) return;
        // It waits here for each change in turn.
        // oxlint-disable-next-line no-await-in-loop
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      this.#watchers.delete(look);
    }
  }

  #status(name: string): Status {
    const serves = name === "" ? true : this.#serves(name);
    if (serves === undefined) return "SERVICE_UNKNOWN";
    return serves && !this.#draining ? "SERVING" : "NOT_SERVING";
  }
}

/** Nobody waits. */
function ignore(): void {}
