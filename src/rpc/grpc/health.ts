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

export class Health {
  readonly #has: (name: string) => boolean;
  readonly #drained = Promise.withResolvers<void>();
  #draining = false;

  /** `has` knows the full names of the services that are served. */
  constructor(has: (name: string) => boolean) {
    this.#has = has;
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
    this.#drained.resolve();
  }

  #check(name: string): { status: Status } {
    const found = this.#status(name);
    if (found !== "SERVICE_UNKNOWN") return { status: found };
    throw new ReefError("not_found", `Cannot check ${name}: this node does not serve it`);
  }

  async *#watch(name: string, signal: AbortSignal): AsyncGenerator<{ status: Status }> {
    yield { status: this.#status(name) };
    if (!this.#draining) {
      const left = Promise.withResolvers<void>();
      signal.addEventListener("abort", () => left.resolve(), { once: true });
      await Promise.race([this.#drained.promise, left.promise]);
      if (signal.aborted) return;
    }
    if (this.#status(name) === "NOT_SERVING") yield { status: "NOT_SERVING" };
  }

  #status(name: string): Status {
    if (name !== "" && !this.#has(name)) return "SERVICE_UNKNOWN";
    return this.#draining ? "NOT_SERVING" : "SERVING";
  }
}
