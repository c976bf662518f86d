/** The methods of a server under the paths of protobuf, `/greeter.v1.Greeter/Hello`. */
import type { Codec } from "../../contract/codec.ts";
import type { ContractDescriptor } from "../../contract/descriptor.ts";
import { routeOf } from "../../contract/http-binding.ts";
import type { Message } from "../../contract/message.ts";
import { refuseWithoutNumbers } from "../../contract/numbers/missing-number.ts";
import { fileDescriptorsOf } from "../../contract/proto/file-descriptors-of.ts";
import { protoMethodName, protoServiceName } from "../../contract/proto-names.ts";
import { ReefError } from "../../core/errors.ts";
import type { Visitor } from "../doorkeeper/wrong-tokens.ts";
import type { ServerCall } from "../server-call.ts";
import type { ServerMethod } from "../server-method.ts";
import type { KnownErrors } from "./typed-details.ts";

/**
 * Lets a call in, or throws why not. What it gives is disposed when the call is over; until then it may stop the call.
 */
export type Admit = (call: ServerCall, said: Said) => Admission | Promise<Admission>;

/** What a caller says of himself. */
export interface Said {
  readonly authorization: string | undefined;
  /** Where he wants to act. */
  readonly namespace: string | undefined;
  /** Over which connection. */
  readonly visitor: Visitor;
}

export type Admission = Disposable | undefined;

export interface ProtoRoute {
  readonly method: ServerMethod;
  readonly descriptor: ContractDescriptor;
  readonly known: KnownErrors;
  /** Whether its contract says that it changes nothing, which makes it safe to call with GET. */
  readonly reads: () => boolean;
  /** Absent where whoever reaches the port may call. */
  readonly admit: Admit | undefined;
}

/** Knows the methods of paths. */
export interface RouteFinder {
  /** The method of a path without its query for messages in this codec, or why there is none. */
  find(path: string, codec: "protobuf" | "json"): ProtoRoute | ReefError;
  /**
   * Where the paths of this caller are found; a promise only where somebody has to be asked first.
   * @default the same for everybody
   * @throws {ReefError} when he may not come in at all
   */
  readonly at?: (said: Said) => RouteFinder | Promise<RouteFinder>;
}

export class ProtoRoutes implements RouteFinder {
  readonly #routes = new Map<string, ProtoRoute>();
  readonly #services = new Map<string, ContractDescriptor>();
  #later: (() => void) | undefined;

  add(descriptor: ContractDescriptor, methods: readonly ServerMethod[], admit?: Admit): void {
    const service = protoServiceName(descriptor);
    this.#services.set(service, descriptor);
    for (const method of methods) {
      const protoPath = `/${service}/${protoMethodName(descriptor, method.name)}`;
      const known = { service: method.service, errors: method.errors, protoPath };
      const name = method.name;
      let answer: boolean | undefined;
      const reads = () => (answer ??= isRead(descriptor, name));
      this.#routes.set(protoPath, { method, descriptor, known, reads, admit });
    }
  }

  /**
   * Runs when a path is asked for that is not there, before that is said. What few callers want need not be there when
   * the server starts.
   */
  addLater(add: () => void): void {
    this.#later = add;
  }

  /** Full names of the services, with what they promise. */
  get services(): ReadonlyMap<string, ContractDescriptor> {
    return this.#services;
  }

  /** The method of a path without its query, or why there is none. */
  find(path: string): ProtoRoute | ReefError {
    const route = this.#routes.get(path);
    if (route) return route;
    if (!this.#later) return this.#unknown(path);
    const add = this.#later;
    this.#later = undefined;
    add();
    return this.find(path);
  }

  #unknown(path: string): ReefError {
    const [, service = "", method = ""] = path.split("/");
    const here = [...this.#services.keys()].join(", ");
    const rule = this.#services.has(service)
      ? `${service} has no method "${method}"`
      : `this node has no service "${service}", it has ${here}`;
    return new ReefError("unimplemented", `Cannot call ${path.slice(0, 200)}: ${rule}`, {
      maybeExecuted: false,
    });
  }
}

/** By its binding, or by what its `.proto` says, which is opened when somebody asks. */
function isRead(descriptor: ContractDescriptor, method: string): boolean {
  const { http, idempotent } = descriptor.methods[method] ?? {};
  if (http !== undefined && routeOf(http).startsWith("GET ")) return true;
  if (!idempotent || descriptor.proto?.files === undefined) return false;
  const full = protoServiceName(descriptor);
  const service = fileDescriptorsOf(descriptor)
    .flatMap((file) => file.service.map((each) => ({ each, file })))
    .find(({ each, file }) => (file.package ? `${file.package}.${each.name}` : each.name) === full);
  const name = protoMethodName(descriptor, method);
  const found = service?.each.method.find((each) => each.name === name);
  return found?.options?.idempotencyLevel === "NO_SIDE_EFFECTS";
}

/**
 * The codec of a message of this route.
 * @throws {ReefError} `failed_precondition` when its contract has no numbers
 */
export function codecOf(message: Message, name: "protobuf" | "json", route: ProtoRoute): Codec {
  const codec = name === "json" ? message.json : message.protobuf;
  if (codec) return codec;
  refuseWithoutNumbers(route.descriptor);
  throw new ReefError("internal", `Cannot speak protobuf with ${route.method.service}`);
}
