/**
 * The direct call: caller and service in one process, without a socket and without text. It keeps the promises of the
 * wire: both sides have their own copy of every message, and a handler never runs in its caller's stack.
 */
import type { DeadlineSweep } from "../core/deadline.ts";
import { ReefError } from "../core/errors.ts";
import { anonymous, type Caller } from "../core/identity.ts";
import { type ClientCall, type ClientMethod, returnsStream, sendsStream } from "./client-call.ts";
import { createCrossing, type Crossing } from "./crossing.ts";
import { ownReaction } from "./context.ts";
import {
  connectInput,
  connectOutput,
  DirectCall,
  type DirectCallOwner,
  directCredit,
} from "./direct-call.ts";
import type { MethodTable } from "./method-table.ts";
import { noMetadata } from "./metadata.ts";
import { ServerCall } from "./server-call.ts";
import { runCall } from "./server-method.ts";
import type { Transport } from "./transport.ts";

export interface DirectCallsOptions {
  readonly methods: MethodTable;
  readonly deadlines: DeadlineSweep;
  /** Called when a call has ended and no other is under way on its transport. */
  readonly onIdle: () => void;
}

/** Of calls in one process. */
export interface DirectOptions {
  /** Who calls: nobody checks it, because it is the process itself that says so. @default anonymous */
  readonly caller?: Caller;
}

/** The calls of a server from its own process. */
export class DirectCalls {
  readonly #options: DirectCallsOptions;
  readonly #transports = new Set<DirectTransport>();
  #state: "open" | "draining" | "closed" = "open";

  constructor(options: DirectCallsOptions) {
    this.#options = options;
  }

  /** Calls under way. */
  get active(): number {
    let sum = 0;
    for (const transport of this.#transports) sum += transport.active;
    return sum;
  }

  open({ caller = anonymous }: DirectOptions = {}): Transport {
    const transport = new DirectTransport({
      ...this.#options,
      caller,
      refuses: (call) => this.#refuses(call),
      onClose: () => this.#transports.delete(transport),
    });
    this.#transports.add(transport);
    return transport;
  }

  drain(): void {
    this.#state = "draining";
  }

  /** Cancels what is under way, for the caller and for the handler. */
  close(reason: string): void {
    this.#state = "closed";
    for (const transport of this.#transports) transport.fail(new ReefError("unavailable", reason));
  }

  /** A handler that is to finish its call may need another service of this server for it. */
  #refuses(call: ClientCall): ReefError | undefined {
    if (this.#state === "open" || (this.#state === "draining" && call.parent)) return undefined;
    return shuttingDown();
  }
}

interface DirectTransportOptions extends DirectCallsOptions {
  readonly caller: Caller;
  readonly refuses: (call: ClientCall) => ReefError | undefined;
  readonly onClose: () => void;
}

class DirectTransport implements Transport, DirectCallOwner {
  readonly #options: DirectTransportOptions;
  /** Each at its `slot`. Not a Set: as it changes it keeps its old tables alive, and with them calls that are over. */
  readonly #calls: DirectCall[] = [];
  /** What each method of a client is here: looked up by name once. */
  readonly #crossings = new WeakMap<ClientMethod, Crossing>();
  readonly #ended = Promise.withResolvers<void>();
  #error: ReefError | undefined;

  constructor(options: DirectTransportOptions) {
    this.#options = options;
  }

  get active(): number {
    return this.#calls.length;
  }

  get usable(): boolean {
    return this.#error === undefined;
  }

  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  get closed(): Promise<void> {
    return this.#ended.promise;
  }

  send(call: ClientCall): void {
    const { method } = call;
    const refusal = this.#error ?? this.#options.refuses(call);
    if (refusal) return call.fail(refusal);
    const crossing = this.#crossing(method);
    if (crossing instanceof ReefError) return call.fail(crossing);
    const direct = new DirectCall(call, crossing, this);
    const served = new ServerCall(crossing.target, direct, {
      id: 0,
      deadlineAt: call.totalDeadlineAt,
      trace: call.trace,
      caller: this.#options.caller,
      credit: directCredit,
      metadata: call.metadata ? { ...call.metadata } : noMetadata,
    });
    // Made for the one on whose behalf this process is called itself.
    served.proof = call.parent?.proof;
    const subject = call.parent?.subject;
    if (subject && subject.kind !== "anonymous") served.subject = subject;
    direct.served = served;
    if (sendsStream(method.kind)) {
      connectInput(call, served, direct, crossing.input);
    } else {
      try {
        served.input = crossing.input(call.input);
      } catch (error) {
        return call.fail(ReefError.from(error));
      }
    }
    if (returnsStream(method.kind)) connectOutput(call, served, direct);
    call.attempts += 1;
    call.carrier = direct;
    direct.slot = this.#calls.push(direct) - 1;
    this.#options.deadlines.add(served);
    if (method.kind === "notify") call.succeed(undefined);
    void ready.then(() => runCall(served, ownReaction));
  }

  /** Ends every call with this error; those that come get it too. */
  fail(error: ReefError): void {
    if (this.#error) return;
    const { code, message } = error;
    this.#error = new ReefError(code, message, { maybeExecuted: false });
    // A copy: each that ends gives its slot to another one.
    for (const direct of this.#calls.slice()) direct.end(error);
    this.#options.onClose();
    this.#ended.resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.fail(new ReefError("cancelled", "The client was closed"));
  }

  #crossing(method: ClientMethod): Crossing | ReefError {
    const known = this.#crossings.get(method);
    if (known) return known;
    const found = this.#options.methods.find(method, method.name);
    if (found instanceof ReefError) return found;
    const crossing = createCrossing(method, found);
    this.#crossings.set(method, crossing);
    return crossing;
  }

  /** The last one takes the free slot. */
  forget(direct: DirectCall): void {
    const last = this.#calls.pop();
    if (last && last !== direct) {
      last.slot = direct.slot;
      this.#calls[direct.slot] = last;
    }
    if (this.#calls.length === 0) this.#options.onIdle();
  }
}

/** Not queueMicrotask: for each of its functions Node makes a resource, and goes into its context and out of it. */
const ready = Promise.resolve();

function shuttingDown(): ReefError {
  return new ReefError("unavailable", "Cannot send the call: this node is shutting down", {
    maybeExecuted: false,
  });
}
