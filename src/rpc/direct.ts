/**
 * The direct call: caller and service in one process, without a socket and without text. It keeps the promises of the
 * wire: both sides have their own copy of every message, and a handler never runs in its caller's stack.
 */
import type { Message } from "../contract/message.ts";
import { DeadlineSweep } from "../core/deadline.ts";
import { ReefError } from "../core/errors.ts";
import { type ClientCall, returnsStream, sendsStream } from "./client-call.ts";
import { noMetadata } from "./metadata.ts";
import { type Responder, ServerCall } from "./server-call.ts";
import { runCall, type ServerMethod } from "./server-method.ts";
import { InboundStream, type StreamCredit } from "./stream-inbound.ts";
import { OutboundStream } from "./stream-outbound.ts";
import type { Transport } from "./transport.ts";
import { copyError } from "./wire/error-frame.ts";
import { limitsDefault } from "./wire/frames.ts";

/** As on the wire; bytes are not counted, because nothing is encoded. */
const credit: StreamCredit = { messages: limitsDefault.streamMessages, bytes: Infinity };

export interface DirectTransportOptions {
  /** The method that a call asks for. */
  readonly find: (service: string, method: string) => ServerMethod | ReefError;
  readonly deadlines?: DeadlineSweep;
}

/** What ties the two ends of one call together. */
class DirectCall implements Responder {
  readonly #caller: ClientCall;
  served: ServerCall | undefined = undefined;
  outbound: OutboundStream | undefined = undefined;

  constructor(caller: ClientCall) {
    this.#caller = caller;
  }

  reply(call: ServerCall, value: unknown): void {
    if (!this.#end(call)) return;
    const { output } = this.#caller.method;
    if (!output) return this.#caller.succeed(undefined);
    let copy: unknown;
    try {
      copy = output.copy(value);
    } catch (error) {
      this.#caller.fail(badAnswer(call, error));
      return;
    }
    this.#caller.succeed(copy);
  }

  fail(call: ServerCall, error: ReefError): void {
    if (!this.#end(call)) return;
    const copy = copyError(error, call.target.errorTypes, this.#caller.method.errors);
    this.#caller.inbound?.fail(copy);
    this.#caller.fail(copy);
  }

  accept(): void {
    this.#caller.accepted();
  }

  item(call: ServerCall, value: unknown): number {
    // A method that streams answers has a message for them.
    const message = call.target.output as Message;
    this.#caller.accepted();
    this.#caller.inbound?.push(message.copy(value), 0);
    return 0;
  }

  finish(call: ServerCall): void {
    if (!this.#end(call)) return;
    this.#caller.inbound?.end();
    this.#caller.succeed(undefined);
  }

  #end(call: ServerCall): boolean {
    if (call.over) return false;
    call.over = true;
    call.sweep?.remove(call);
    this.outbound?.abandon();
    return true;
  }
}

export function createDirectTransport(options: DirectTransportOptions): Transport {
  const { find, deadlines = new DeadlineSweep() } = options;
  const ended = Promise.withResolvers<unknown>();
  let usable = true;

  function send(call: ClientCall): void {
    const target = usable ? find(call.method.service, call.method.name) : closed();
    if (target instanceof ReefError) return call.fail(target);
    const direct = new DirectCall(call);
    const served = new ServerCall(target, direct, {
      id: 0,
      deadlineAt: call.totalDeadlineAt,
      trace: call.trace,
      credit,
      metadata: call.metadata ? { ...call.metadata } : noMetadata,
    });
    direct.served = served;
    if (sendsStream(call.method.kind)) {
      connectInput(call, served, direct);
    } else {
      try {
        served.input = call.method.input.copy(call.input);
      } catch (error) {
        return call.fail(ReefError.from(error));
      }
    }
    if (returnsStream(call.method.kind)) connectOutput(call, served, direct);
    call.attempts += 1;
    call.carrier = { cancel: (over, error) => cancel(direct, over, error) };
    deadlines.add(served);
    if (call.method.kind === "notify") call.succeed(undefined);
    queueMicrotask(() => runCall(served));
  }

  return {
    get usable() {
      return usable;
    },
    send,
    ended: ended.promise,
    async [Symbol.asyncDispose]() {
      usable = false;
      ended.resolve(closed());
    },
  };
}

function connectInput(call: ClientCall, served: ServerCall, direct: DirectCall): void {
  const { input } = call.method;
  const outbound = new OutboundStream(credit, {
    item(value) {
      inbound.push(input.copy(value), 0);
      return 0;
    },
  });
  const inbound = new InboundStream(credit, {
    grant: (messages) => outbound.grant(messages, 0),
    leave: () => outbound.abandon(),
  });
  direct.outbound = outbound;
  served.inbound = inbound;
  served.input = inbound;
  // Callers of such methods give an iterable: the type of the client says so.
  const source = call.input as AsyncIterable<unknown>;
  outbound.pump(source).then(
    (complete) => complete && inbound.end(),
    (error: unknown) => call.abort(ReefError.from(error)),
  );
}

function connectOutput(call: ClientCall, served: ServerCall, direct: DirectCall): void {
  const outbound = new OutboundStream(credit, { item: (value) => direct.item(served, value) });
  served.outbound = outbound;
  const inbound = new InboundStream(credit, {
    grant: (messages) => outbound.grant(messages, 0),
    leave: () => call.abort(left()),
  });
  call.open(inbound);
}

function cancel(direct: DirectCall, call: ClientCall, reason: ReefError): void {
  const error = new ReefError("cancelled", `The caller of ${call.method.name} has given up`);
  call.inbound?.discard(reason);
  direct.outbound?.abandon();
  if (!direct.served || direct.served.over) return;
  direct.served.over = true;
  direct.served.sweep?.remove(direct.served);
  direct.served.cancel(error);
}

function left(): ReefError {
  return new ReefError("cancelled", "The reader of the stream has left");
}

function closed(): ReefError {
  return new ReefError("unavailable", "Cannot call: this client is closed", {
    maybeExecuted: false,
  });
}

/** What the handler returned is not what its contract says. */
export function badAnswer(call: ServerCall, cause: unknown): ReefError {
  const text = ReefError.from(cause).message;
  return new ReefError(
    "internal",
    `The handler of ${call.service}/${call.method} broke its contract: ${text}`,
    { cause },
  );
}
