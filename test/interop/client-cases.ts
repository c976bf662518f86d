/** The official interop cases as our client runs them, against a server that others have made. */
import assert from "node:assert/strict";

import { contractFromDescriptor } from "../../src/contract/contract-from-descriptor.ts";
import type { Contract } from "../../src/contract/contract.ts";
import { client } from "../../src/framework/client.ts";
import type { CallOptions } from "../../src/rpc/client-call.ts";
import type { Metadata } from "../../src/rpc/metadata.ts";
import { TestService } from "./contract.ts";

type Message = { readonly [field: string]: unknown };
type Unary = (input: Message, options?: CallOptions) => Promise<Message>;
type Inputs = Iterable<Message> | AsyncIterable<Message>;

/** The methods of a contract that was made at run time, so it has no types for them. */
interface Stub extends AsyncDisposable {
  readonly emptyCall: Unary;
  readonly unaryCall: Unary;
  readonly unimplementedCall: Unary;
  readonly streamingInputCall: (inputs: Inputs, options?: CallOptions) => Promise<Message>;
  readonly streamingOutputCall: (
    input: Message,
    options?: CallOptions,
  ) => AsyncIterableIterator<Message>;
  readonly fullDuplexCall: (
    inputs: Inputs,
    options?: CallOptions,
  ) => AsyncIterableIterator<Message>;
}

export const clientCases: { readonly [name: string]: (stub: Stub, other: Stub) => Promise<void> } =
  {
    async empty_unary(stub) {
      assert.deepEqual({ ...(await stub.emptyCall({})) }, {});
    },
    async large_unary(stub) {
      assert.equal(sizeOf(await stub.unaryCall(large)), 314_159);
    },
    async client_streaming(stub) {
      const inputs = [27_182, 8, 1_828, 45_904].map((size) => ({ payload: zeros(size) }));
      assert.equal((await stub.streamingInputCall(inputs))["aggregatedPayloadSize"], 74_922);
    },
    async server_streaming(stub) {
      const responseParameters = sizes.map((size) => ({ size }));
      const seen: number[] = [];
      for await (const answer of stub.streamingOutputCall({ responseParameters })) {
        seen.push(sizeOf(answer));
      }
      assert.deepEqual(seen, sizes);
    },
    async ping_pong(stub) {
      const turns = createTurns();
      const answers = stub.fullDuplexCall(turns.inputs);
      for (const [index, size] of sizes.entries()) {
        turns.send(question(size, [27_182, 8, 1_828, 45_904][index] ?? 0));
        // oxlint-disable-next-line no-await-in-loop -- that is what ping-pong is
        const { value } = await answers.next();
        assert.equal(sizeOf(value), size);
      }
      turns.end();
      assert.equal((await answers.next()).done, true);
    },
    async empty_stream(stub) {
      assert.equal((await stub.fullDuplexCall([]).next()).done, true);
    },
    async cancel_after_begin(stub) {
      const stop = new AbortController();
      const turns = createTurns();
      const going = stub.streamingInputCall(turns.inputs, { signal: stop.signal });
      setImmediate(() => stop.abort());
      await assert.rejects(going, { code: "cancelled" });
    },
    async cancel_after_first_response(stub) {
      const stop = new AbortController();
      const turns = createTurns();
      const answers = stub.fullDuplexCall(turns.inputs, { signal: stop.signal });
      turns.send(question(31_415, 27_182));
      assert.equal(sizeOf((await answers.next()).value), 31_415);
      stop.abort();
      await assert.rejects(answers.next(), { code: "cancelled" });
    },
    async timeout_on_sleeping_server(stub) {
      const turns = createTurns();
      const answers = stub.fullDuplexCall(turns.inputs, { timeoutMs: 1 });
      turns.send({ payload: zeros(27_182), responseParameters: [] });
      await assert.rejects(answers.next(), { code: "deadline_exceeded" });
    },
    async status_code_and_message(stub) {
      const responseStatus = { code: 2, message: "test status message" };
      const expected = { code: "unknown", message: "test status message" };
      await assert.rejects(stub.unaryCall({ responseStatus }), expected);
      await assert.rejects(stub.fullDuplexCall([{ responseStatus }]).next(), expected);
    },
    async special_status_message(stub) {
      const message = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n";
      const going = stub.unaryCall({ responseStatus: { code: 2, message } });
      await assert.rejects(going, { code: "unknown", message });
    },
    async custom_metadata(stub) {
      const seen: { headers?: Metadata; trailers?: Metadata } = {};
      const options = {
        metadata: { [initial]: "test_initial_metadata_value", [trailing]: "q6ur" },
        onHeaders: (headers: Metadata) => void (seen.headers = headers),
        onTrailers: (trailers: Metadata) => void (seen.trailers = trailers),
      };
      const check = (): void => {
        assert.equal(seen.headers?.[initial], "test_initial_metadata_value");
        assert.equal(seen.trailers?.[trailing]?.replace(/=+$/, ""), "q6ur");
      };
      await stub.unaryCall(large, options);
      check();
      delete seen.headers;
      delete seen.trailers;
      for await (const _ of stub.fullDuplexCall([question(1, 1)], options)) void _;
      check();
    },
    async unimplemented_method(stub) {
      await assert.rejects(stub.unimplementedCall({}), { code: "unimplemented" });
    },
    async unimplemented_service(_, other) {
      await assert.rejects(other.unimplementedCall({}), { code: "unimplemented" });
    },
    async client_compressed_unary(stub) {
      const packed = { ...large, expectCompressed: { value: true } };
      assert.equal(sizeOf(await stub.unaryCall(packed, { compress: true })), 314_159);
      const plain = { ...large, expectCompressed: { value: false } };
      assert.equal(sizeOf(await stub.unaryCall(plain)), 314_159);
    },
    async server_compressed_unary(stub) {
      for (const value of [true, false]) {
        const asked = { ...large, responseCompressed: { value } };
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        assert.equal(sizeOf(await stub.unaryCall(asked)), 314_159);
      }
    },
  };

/** Clients of the service, and of one that is not there. */
export async function runClientCase(name: string, target: string): Promise<void> {
  const address = `grpc://${target}`;
  await using stub = stubOf(contractOf("grpc.testing.TestService"), address);
  await using other = stubOf(contractOf("grpc.testing.UnimplementedService"), address);
  await clientCases[name]?.(stub, other);
}

function stubOf(contract: Contract, address: string): Stub {
  // By the names of the methods that the contract has.
  return client(contract, { address }) as unknown as Stub;
}

function contractOf(service: string): Contract {
  const { descriptor } = TestService;
  const empty = descriptor.methods["emptyCall"];
  assert.ok(empty);
  const unimplementedCall = { ...empty, name: "unimplementedCall" };
  const methods = { ...descriptor.methods, unimplementedCall };
  return contractFromDescriptor({ ...descriptor, methods, proto: { service } });
}

const initial = "x-grpc-test-echo-initial";
const trailing = "x-grpc-test-echo-trailing-bin";
const sizes = [31_415, 9, 2_653, 58_979];
const large = { responseSize: 314_159, payload: zeros(271_828) };

function question(size: number, sent: number): Message {
  return { responseParameters: [{ size }], payload: zeros(sent) };
}

function zeros(size: number) {
  return { body: new Uint8Array(size) };
}

function sizeOf(answer: Message | undefined): number {
  const { payload } = (answer ?? {}) as { readonly payload?: { readonly body?: Uint8Array } };
  return payload?.body?.length ?? -1;
}

/** Inputs that come when the test says so. */
function createTurns() {
  const items: Message[] = [];
  let over = false;
  let wake = (): void => {};
  async function* all(): AsyncGenerator<Message> {
    for (;;) {
      const next = items.shift();
      if (next) yield next;
      else if (over) return;
      // oxlint-disable-next-line no-await-in-loop -- until there is another
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  }
  return {
    inputs: all(),
    send: (item: Message) => {
      items.push(item);
      wake();
    },
    end: () => {
      over = true;
      wake();
    },
  };
}
