/** A service as the gateway calls it: a client of its newest contract that passes JSON through as bytes. */
import assert from "node:assert/strict";
import { contractFromDescriptor } from "../../contract/contract-from-descriptor.ts";
import type { Contract } from "../../contract/contract.ts";
import type { ContractDescriptor } from "../../contract/descriptor.ts";
import type { Method } from "../../contract/method.ts";
import type { EntranceOptions } from "../../rpc/client-call.ts";
import type { Client } from "../../rpc/client.ts";
import type { NamespacedOptions } from "../../rpc/namespaced-client.ts";

/**
 * A method of a client of a `rawContract`: JSON bytes in and out. Its input is one message or a stream of them, as its
 * kind says. What it returns depends on its kind: a promise of the
 * answer, of nothing (`notify`), or an iterable.
 */
export type RawCall = (
  input: Uint8Array | AsyncIterable<Uint8Array>,
  options: EntranceOptions | NamespacedOptions,
) => Promise<Buffer | undefined> | AsyncIterable<Buffer>;

/** The messages of a method with all that is known of them. */
export type MethodMessages = Pick<Method, "input" | "output">;

/** Makes a client; the gateway disposes it. */
export type Connect = (contract: Contract, options: { readonly namespace: string }) => Client;

export interface UpstreamOptions {
  /** What rules call it. @default "service" */
  readonly type?: "service" | "block";
  /** Where it is; a block acts where its caller does. @default that of its caller */
  readonly namespace?: string;
  readonly descriptor: ContractDescriptor;
  readonly digest: string;
  readonly client: Client;
  /** Makes the client that takes and gives protobuf, for who first asks for it. */
  readonly connectProtobuf: () => Client;
}

export class Upstream {
  readonly type: "service" | "block";
  readonly namespace: string | undefined;
  readonly descriptor: ContractDescriptor;
  readonly digest: string;
  readonly client: Client;
  readonly #connectProtobuf: () => Client;
  #protobufClient: Client | undefined;
  #calls = 0;
  #contract: Contract | undefined;
  #whenIdle: (() => void) | undefined;

  constructor({ type = "service", namespace, descriptor, digest, ...options }: UpstreamOptions) {
    const { client, connectProtobuf } = options;
    this.type = type;
    this.namespace = namespace;
    this.descriptor = descriptor;
    this.digest = digest;
    this.client = client;
    this.#connectProtobuf = connectProtobuf;
  }

  /** The function of a method; undefined when the client lacks it. */
  call(method: string): RawCall | undefined {
    if (!Object.hasOwn(this.client, method)) return undefined;
    // The contract is a raw one, so all its messages are bytes whatever its types would say.
    return this.client[method] as unknown as RawCall;
  }

  /** The same for bytes of protobuf, of a method whose messages have numbers. */
  protobufCall(method: string): RawCall {
    // A raw contract, as above.
    this.#protobufClient ??= this.#connectProtobuf();
    return this.#protobufClient[method] as unknown as RawCall;
  }

  /** What a method says, for whoever has to read it here; made when somebody first has to. */
  messages(method: string): MethodMessages {
    this.#contract ??= contractFromDescriptor(this.descriptor);
    const found = this.#contract.methods[method];
    assert(found, "the contract has every method that is called");
    return found;
  }

  /** A call begins; each needs its `leave`. */
  enter(): void {
    this.#calls += 1;
  }

  leave(): void {
    this.#calls -= 1;
    if (this.#calls === 0) this.#whenIdle?.();
  }

  /** Gives the client back once the calls that use it are over: a newer contract took its place. */
  async retire(): Promise<void> {
    if (this.#calls > 0) await new Promise<void>((resolve) => (this.#whenIdle = resolve));
    await this.client[Symbol.asyncDispose]();
    await this.#protobufClient?.[Symbol.asyncDispose]();
  }
}
