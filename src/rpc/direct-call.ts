/** One direct call: both ends of it, and what passes between them. */
import { ReefError } from "../core/errors.ts";
import type { ClientCall, ClientCarrier } from "./client-call.ts";
import type { Cross, Crossing } from "./crossing.ts";
import type { Beside } from "./given-response.ts";
import type { Responder, ServerCall } from "./server-call.ts";
import { InboundStream, type StreamCredit } from "./stream-inbound.ts";
import { OutboundStream } from "./stream-outbound.ts";
import { besideOf } from "./wire/beside-answers.ts";
import { copyError } from "./wire/error-frame.ts";
import { limitsDefault } from "./wire/frames.ts";
import { brokenContract } from "./wire/server-failures.ts";

/** As on the wire; bytes are not counted, because nothing is encoded. */
export const directCredit: StreamCredit = {
  messages: limitsDefault.streamMessages,
  bytes: Infinity,
};

/** Has a call under way until it is over. */
export interface DirectCallOwner {
  forget(call: DirectCall): void;
}

/** What ties the two ends of one call together. */
export class DirectCall implements Responder, ClientCarrier {
  readonly #caller: ClientCall;
  readonly #crossing: Crossing;
  readonly #owner: DirectCallOwner;
  /** Its place among those that its owner has under way. */
  slot = 0;
  served: ServerCall | undefined = undefined;
  outbound: OutboundStream | undefined = undefined;

  constructor(caller: ClientCall, crossing: Crossing, owner: DirectCallOwner) {
    this.#caller = caller;
    this.#crossing = crossing;
    this.#owner = owner;
  }

  reply(call: ServerCall, value: unknown): void {
    if (!this.#settle(call)) return;
    let copy: unknown;
    try {
      copy = this.#crossing.output(value);
    } catch (error) {
      this.#caller.fail(brokenContract(call, error));
      return;
    }
    const beside = besideOf(call, "with the outcome");
    if (beside instanceof ReefError) this.#caller.fail(beside);
    else this.#caller.succeed(copy, beside);
  }

  fail(call: ServerCall, error: ReefError): void {
    if (!this.#settle(call)) return;
    const beside = besideOf(call, "with the outcome");
    if (beside instanceof ReefError) this.#fail(call, beside, undefined);
    else this.#fail(call, error, beside);
  }

  accept(call: ServerCall): void {
    try {
      this.#sayHeaders(call);
    } catch (error) {
      call.stop(ReefError.from(error));
      return;
    }
    this.#caller.accepted();
  }

  item(call: ServerCall, value: unknown): number {
    this.#sayHeaders(call);
    this.#caller.accepted();
    this.#caller.inbound?.push(this.#crossing.output(value), 0);
    return 0;
  }

  finish(call: ServerCall): void {
    if (!this.#settle(call)) return;
    const beside = besideOf(call, "with the outcome");
    if (beside instanceof ReefError) return this.#fail(call, beside, undefined);
    this.#caller.inbound?.end();
    this.#caller.succeed(undefined, beside);
  }

  #fail(call: ServerCall, error: ReefError, beside: Beside | undefined): void {
    const copy = copyError(error, call.target, this.#caller.method);
    this.#caller.inbound?.fail(copy);
    this.#caller.fail(copy, beside);
  }

  /** @throws {ReefError} `internal` when the handler gave what cannot be sent */
  #sayHeaders(call: ServerCall): void {
    const beside = besideOf(call, "before answers");
    if (beside instanceof ReefError) throw beside;
    if (beside?.headers) this.#caller.heard(beside.headers);
  }

  cancel(call: ClientCall, reason: ReefError): void {
    call.inbound?.discard(reason);
    this.#stop(new ReefError("cancelled", `The caller of ${call.method.name} has given up`));
  }

  /** Ends it for both sides. */
  end(error: ReefError): void {
    this.#stop(error);
    this.#caller.inbound?.fail(error);
    this.#caller.fail(error);
  }

  #stop(reason: ReefError): void {
    this.outbound?.abandon();
    const { served } = this;
    if (served && this.#settle(served)) served.cancel(reason);
  }

  #settle(call: ServerCall): boolean {
    if (call.over) return false;
    call.over = true;
    call.sweep?.remove(call);
    this.outbound?.abandon();
    this.#owner.forget(this);
    return true;
  }
}

export function connectInput(
  call: ClientCall,
  served: ServerCall,
  direct: DirectCall,
  cross: Cross,
): void {
  const outbound = new OutboundStream(directCredit, {
    item(value) {
      inbound.push(cross(value), 0);
      return 0;
    },
  });
  const inbound = new InboundStream(directCredit, {
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

export function connectOutput(call: ClientCall, served: ServerCall, direct: DirectCall): void {
  const outbound = new OutboundStream(directCredit, {
    item: (value) => direct.item(served, value),
  });
  served.outbound = outbound;
  const inbound = new InboundStream(directCredit, {
    grant: (messages) => outbound.grant(messages, 0),
    leave: () => call.abort(left()),
  });
  call.open(inbound);
}

function left(): ReefError {
  return new ReefError("cancelled", "The reader of the stream has left");
}
