/**
 * A service as the proxy calls it: its methods pass bytes on, whichever codec they are in, and nobody here reads them.
 */
import type { ContractDescriptor } from "../../contract/descriptor.ts";
import { createMessage } from "../../contract/create-message.ts";
import type { ObjectShape } from "../../contract/shape.ts";
import { rawContract } from "../../contract/raw-contract.ts";
import { rawProtobufContract } from "../../contract/raw-protobuf-contract.ts";
import { ReefError } from "../../core/errors.ts";
import type { Contract } from "../../contract/contract.ts";
import type { Clock } from "../../core/clock.ts";
import type { Logger } from "../../core/log.ts";
import type { EntranceOptions } from "../../rpc/client-call.ts";
import type { CallQuotas } from "../../rpc/call-quotas.ts";
import type { Client } from "../../rpc/client.ts";
import type { Doorkeeper } from "../../rpc/doorkeeper.ts";
import { isProving } from "../../rpc/doorkeeper/acting-namespace.ts";
import type { Visitor } from "../../rpc/doorkeeper/wrong-tokens.ts";
import { ProtoRoutes } from "../../rpc/grpc/proto-routes.ts";
import type { Metadata } from "../../rpc/metadata.ts";
import type { ServerMethod } from "../../rpc/server-method.ts";
import type { NamespacedOptions } from "../../rpc/namespaced-client.ts";
import type { ServerCall } from "../../rpc/server-call.ts";
import { admitCaller } from "./admit-caller.ts";

/** Makes a client; the proxy disposes it. */
export type Connect = (contract: Contract, options: { readonly namespace: string }) => Client;

export interface ProxiedServiceOptions {
  /** What rules call it. A call of a block acts where its caller says and may. @default "service" */
  readonly type?: "service" | "block";
  readonly connect: Connect;
  readonly namespace: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Says who may call what. @default everybody may call everything */
  readonly doorkeeper?: Doorkeeper | undefined;
  /** How often each namespace may call. @default as often as it likes */
  readonly quotas?: CallQuotas | undefined;
}

interface Acting {
  readonly namespace: string;
  readonly visitor: Visitor;
}

/** A method of a client of a raw contract: bytes in and out, one message or many as its kind says. */
type RawCall = (input: unknown, options: EntranceOptions | NamespacedOptions) => unknown;

export const codecNames = ["protobuf", "json"] as const;

export type CodecName = (typeof codecNames)[number];

export class ProxiedService implements AsyncDisposable {
  readonly descriptor: ContractDescriptor;
  readonly digest: string;
  readonly #options: ProxiedServiceOptions;
  /** In which namespace each call of a block acts, and who makes it. */
  readonly #acting = new WeakMap<ServerCall, Acting>();
  readonly #clients: { readonly [codec in CodecName]: Client };
  readonly #methods: { readonly [codec in CodecName]: readonly ServerMethod[] };

  /** @throws {ReefError} `invalid_argument` when the data is no descriptor */
  constructor(descriptor: ContractDescriptor, digest: string, options: ProxiedServiceOptions) {
    const { connect, namespace } = options;
    this.descriptor = descriptor;
    this.digest = digest;
    this.#options = options;
    // Messages pass as they are; the data of an error comes as JSON and is a message in its details.
    const read = { errorData: (shape: ObjectShape) => createMessage(shape) };
    const contracts = {
      protobuf: rawProtobufContract(descriptor, limits, read),
      json: rawContract(descriptor, read),
    };
    this.#clients = {
      protobuf: connect(contracts.protobuf, { namespace }),
      json: connect(contracts.json, { namespace }),
    };
    this.#methods = {
      protobuf: this.#methodsOf(contracts.protobuf, this.#clients.protobuf),
      json: this.#methodsOf(contracts.json, this.#clients.json),
    };
  }

  addTo(routes: ProtoRoutes, codec: CodecName): void {
    const { doorkeeper, quotas, namespace, type = "service" } = this.#options;
    const acts = (call: ServerCall, where: string, visitor: Visitor) => {
      this.#acting.set(call, { namespace: where, visitor });
    };
    const admit = doorkeeper && admitCaller(doorkeeper, { type, namespace, quotas, acts });
    routes.add(this.descriptor, this.#methods[codec], admit);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(codecNames.map((codec) => this.#clients[codec][Symbol.asyncDispose]()));
  }

  #methodsOf({ name: service, version, methods }: Contract, client: Client): ServerMethod[] {
    const { namespace, clock, log, doorkeeper, type = "service" } = this.#options;
    return Object.entries(methods).map(([name, { kind, input, output, errors }]) => {
      // Every message is bytes, whatever the types of the client would say.
      const call = client[name] as unknown as RawCall;
      const proves = isProving({ type, name: service, endpoint: name });
      return {
        namespace,
        service,
        version,
        name,
        kind,
        input,
        output,
        errors,
        errorMakers: {},
        clock,
        log,
        isRelay: true,
        // Made while the caller's is handled, so its deadline, end and trace are those of the caller.
        invoke: (served) => {
          // Who is known here is known to the service, which decides for itself.
          const { input: messages, proof: as } = served;
          const metadata = passedOn(served.metadata);
          const acting = this.#acting.get(served);
          const answer = call(messages, {
            metadata,
            as,
            onHeaders: (headers) => void Object.assign(served.response.headers, headers),
            onTrailers: (trailers) => void Object.assign(served.response.trailers, trailers),
            onAccepted: () => served.responder.accept(served),
            // Longer than the limit of a call that says nothing, too.
            ...(served.deadline !== Infinity && { timeoutMs: served.remainingMs }),
            ...(acting && { namespace: acting.namespace }),
          });
          if (!proves || !doorkeeper || !acting) return answer;
          // Each of these methods has one answer.
          return doorkeeper.proven(answer as Promise<unknown>, acting.visitor);
        },
      };
    });
  }
}

/**
 * What proves who calls is for the platform, and no service may use it in the name of its caller. What belongs to HTTP
 * itself is no metadata to begin with.
 */
function passedOn({ authorization: _token, cookie: _cookie, ...metadata }: Metadata): Metadata {
  return metadata;
}

/** For a program that speaks JSON only: what a message becomes must fit into one of the wire. */
const jsonBytesMax = 4_194_304;

const limits = {
  jsonBytesMax,
  refuse: (jsonBytes: number) =>
    new ReefError(
      "resource_exhausted",
      `Cannot pass a message on as JSON: the limit is ${jsonBytesMax} bytes, it has ${jsonBytes}`,
      { maybeExecuted: false },
    ),
};
