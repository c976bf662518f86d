/** One call on its way: what the caller asked for, who carries it, and how it ends. */
import type { Codec } from "../contract/codec.ts";
import type { MethodKind } from "../contract/descriptor.ts";
import type { Message } from "../contract/message.ts";
import type { ErrorTypes } from "../contract/method.ts";
import type { VersionRange } from "../contract/version-range.ts";
import type { DeadlineSweep, Expiring } from "../core/deadline.ts";
import { ReefError } from "../core/errors.ts";
import type { Beside } from "./given-response.ts";
import type { Metadata } from "./metadata.ts";
import type { Pass } from "./pass.ts";
import type { ServerCall } from "./server-call.ts";
import type { InboundStream } from "./stream-inbound.ts";
import { unsent } from "./wire/client-failures.ts";
import { childTrace, newTrace, type Trace } from "./trace.ts";

/** A method as its callers know it. Made once for each method of a client. */
export interface ClientMethod {
  readonly namespace: string;
  readonly service: string;
  readonly version: string;
  /** Nodes of these versions may answer. */
  readonly range: VersionRange;
  readonly name: string;
  readonly kind: MethodKind;
  readonly digest: string;
  readonly idempotent: boolean;
  /** Where protobuf is spoken: `/greeter.v1.Greeter/Hello`. */
  readonly protoPath: string;
  readonly input: Message;
  /** Absent for `notify`. */
  readonly output: Message | undefined;
  readonly errors: ErrorTypes;
}

/** What a caller may say about one call. */
export interface CallOptions {
  /**
   * Time for the whole call, nested calls and retries included.
   * @default 5_000 for one answer; for streams the time until the far side accepts, then no limit
   */
  readonly timeoutMs?: number;
  /** Cancels the call, here and at the far side. */
  readonly signal?: AbortSignal | undefined;
  readonly metadata?: Metadata;
  /** Compresses what is sent, over gRPC. @default false */
  readonly compress?: boolean;
  /** Is called with what the service says beside its answers: before the first of them, when it says something. */
  readonly onHeaders?: (headers: Metadata) => void;
  /** And with the outcome, good or bad. What either of the two throws is uncaught. */
  readonly onTrailers?: (trailers: Metadata) => void;
  /** The token of the one in whose name an entrance calls. @default this process itself */
  readonly as?: string | undefined;
  /** The trace to continue where no call is being handled: an edge was told of it. @default a new one */
  readonly trace?: Trace;
}

/** What entrances say about a call that they pass on. */
export interface EntranceOptions extends CallOptions {
  /** Is called when the far side has accepted a stream, in either direction, after what it said before that. */
  readonly onAccepted?: () => void;
  /** Is given the call before it is sent: who has many to give up needs no signal for each. */
  readonly onCall?: ((call: Abortable) => void) | undefined;
}

/** A call that can be given up. */
export type Abortable = Pick<ClientCall, "abort">;

/** Whoever has the call now: a connection, or a queue that waits for one. */
export interface ClientCarrier {
  /** What a queue waits for, to be said when it was in vain; nothing where the far side has the call. */
  readonly awaits?: string;
  /** The caller has given up for this reason: stop the far side and forget the call. */
  cancel(call: ClientCall, error: ReefError): void;
}

/** Gets a failed call before its caller does. */
export interface Retrier {
  /** Takes the call over and returns true, or leaves it. `attempts` still counts the one that failed. */
  again(call: ClientCall, error: ReefError): boolean;
}

/** Long enough for any sensible answer, short enough that nothing waits for ever on a dead peer. */
export const timeoutDefaultMs = 5_000;

/** Of options for those transports that have a use for them. */
export type Carried = Pick<
  EntranceOptions,
  "compress" | "onHeaders" | "onTrailers" | "onAccepted" | "onCall" | "as"
>;

const nothing: Carried = Object.freeze({});

export class ClientCall implements Expiring {
  deadlineAt: number;
  sweepNext: Expiring | undefined = undefined;
  sweepPrevious: Expiring | undefined = undefined;
  sweep: DeadlineSweep | undefined = undefined;
  /** Of another namespace than its caller said, once it was found in a base of that. */
  method: ClientMethod;
  /** What only some transports can do. */
  readonly carried: Carried;
  /** A message, or the iterable of them. */
  input: unknown;
  metadata: Metadata | undefined;
  readonly trace: Trace;
  /** The call that is being handled where this one is made. */
  readonly parent: ServerCall | undefined;
  previousSibling: ClientCall | undefined = undefined;
  nextSibling: ClientCall | undefined = undefined;
  carrier: ClientCarrier | undefined = undefined;
  retrier: Retrier | undefined = undefined;
  /** Attempts that may have been executed, the one under way included. */
  attempts = 0;
  /** Why the last attempt failed that was followed by another. */
  lastFailure: ReefError | undefined = undefined;
  /** The number that the connection gave it. */
  id = 0;
  /** Who makes it, and on whose behalf, where that is said. */
  identity: Pass | undefined = undefined;
  subject: Pass | undefined = undefined;
  /** What it stands on while it lasts. */
  uses: Disposable | undefined = undefined;
  /** The answers, for methods that stream them. */
  inbound: InboundStream | undefined = undefined;
  /** How the answers of the carrier are read, where it can choose. */
  answers: Codec | undefined = undefined;
  /** What the far side may still use of the deadline; `Infinity` for streams without a total limit. */
  readonly totalDeadlineAt: number;
  over = false;
  /** Called once, when the far side has accepted, before the first answer can be read. */
  onOpen: ((inbound: InboundStream) => void) | undefined = undefined;
  /** Milliseconds it had when it was made, and has when it is sent at once: a look at the clock takes 0.08 us. */
  readonly #limitMs: number;
  /** Somebody has kept it before it was sent, or sends it again: the clock has moved since. */
  #kept = false;
  #taken = false;
  /** Attempts that failed and may have been executed. */
  #spent = 0;
  readonly #settle: (error: ReefError | undefined, value: unknown) => void;
  readonly #signal: AbortSignal | undefined;
  readonly #deadlines: DeadlineSweep;
  #onAbort: (() => void) | undefined = undefined;

  /** `settle` is called once, with the error or the one answer (nothing for a stream of answers). */
  constructor(
    method: ClientMethod,
    input: unknown,
    options: CallOptions | undefined,
    parent: ServerCall | undefined,
    deadlines: DeadlineSweep,
    settle: (error: ReefError | undefined, value: unknown) => void,
  ) {
    this.method = method;
    this.input = input;
    this.metadata = options?.metadata;
    this.carried = options ?? nothing;
    this.parent = parent;
    const trace = parent?.trace ?? options?.trace;
    this.trace = trace ? childTrace(trace) : newTrace();
    this.#signal = options?.signal;
    this.#deadlines = deadlines;
    this.#settle = settle;
    const now = deadlines.clock.monotonicMs();
    const streams = isStream(method.kind);
    const askedMs = options?.timeoutMs ?? (streams ? Infinity : timeoutDefaultMs);
    const inherited = parent ? parent.deadlineAt : Infinity;
    this.#limitMs = Math.min(inherited - now, askedMs);
    this.totalDeadlineAt = Math.min(inherited, now + askedMs);
    this.deadlineAt = streams
      ? Math.min(this.totalDeadlineAt, now + timeoutDefaultMs)
      : this.totalDeadlineAt;
  }

  /** Starts the clock; false when the call is over before it began. */
  start(): boolean {
    const gone = this.parent?.cancelled;
    if (gone) return this.#refuse(gone);
    if (this.#signal?.aborted) return this.#refuse(ReefError.from(this.#signal.reason));
    if (this.#limitMs <= 0) return this.#refuse(this.#expired());
    this.carried.onCall?.(this);
    if (this.over) return false;
    if (this.#signal) {
      this.#onAbort = () => this.abort(ReefError.from(this.#signal?.reason));
      this.#signal.addEventListener("abort", this.#onAbort, { once: true });
    }
    if (this.parent) this.#adopt(this.parent);
    this.#deadlines.add(this);
    return true;
  }

  /**
   * To be called by who sends it later: what the caller does to its message until then is not seen. False when the
   * message cannot be taken, which ends the call.
   */
  take(): boolean {
    this.#kept = true;
    if (this.#taken || sendsStream(this.method.kind)) return true;
    try {
      this.input = this.method.input.copy(this.input);
      this.#taken = true;
      return true;
    } catch (error) {
      this.giveUp(unsent(error));
      return false;
    }
  }

  /** Milliseconds left of the whole call; `Infinity` without a limit. */
  get remainingMs(): number {
    return this.#kept ? this.totalDeadlineAt - this.#deadlines.clock.monotonicMs() : this.#limitMs;
  }

  /** The wall clock, a few milliseconds late. */
  get wallMs(): number {
    return this.#deadlines.wallMs;
  }

  /** Whether anybody wants to know what the far side says beside its answers. */
  get listens(): boolean {
    return this.carried.onHeaders !== undefined || this.carried.onTrailers !== undefined;
  }

  /** What the far side of a stream says before its answers. */
  heard(headers: Metadata): void {
    if (!this.over && this.carried.onHeaders) tell(this.carried.onHeaders, headers);
  }

  /** A stream was accepted: from now on only its total limit counts, and the answers are its caller's. */
  accepted(): void {
    if (this.inbound) this.#show();
    else this.carried.onAccepted?.();
    if (this.deadlineAt === this.totalDeadlineAt) return;
    this.#deadlines.remove(this);
    this.deadlineAt = this.totalDeadlineAt;
    this.#deadlines.add(this);
  }

  /** A transport has sent it, and this is where the answers will come. */
  open(inbound: InboundStream): void {
    this.inbound = inbound;
  }

  /** The caller reads the answers of this attempt: another would begin them again. */
  get shown(): boolean {
    return this.inbound !== undefined && this.onOpen === undefined;
  }

  succeed(value: unknown, beside?: Beside): void {
    if (this.over) return;
    this.#show();
    if (beside) this.#tell(beside);
    this.#release();
    this.#settle(undefined, value);
  }

  /** The carrier failed; whoever retries may take over, and what was said beside this attempt is nobody's then. */
  fail(error: ReefError, beside?: Beside): void {
    if (this.over) return;
    this.carrier = undefined;
    this.#kept = true;
    const taken = this.retrier?.again(this, error) === true;
    if (error.maybeExecuted) this.#spent = this.attempts;
    else this.attempts = this.#spent;
    if (taken) this.lastFailure = error;
    else this.giveUp(error, beside);
  }

  /** Ends with this error, whoever could try again. */
  giveUp(error: ReefError, beside?: Beside): void {
    if (this.over) return;
    if (beside) this.#tell(beside);
    this.#release();
    const hidden = this.#spent > 0 && !error.maybeExecuted;
    this.#settle(hidden ? afterAll(error) : error, undefined);
  }

  /** The caller gives up, or something that it depends on did: no retry, and the far side stops. */
  abort(error: ReefError): void {
    if (this.over) return;
    const carrier = this.carrier;
    this.#release();
    carrier?.cancel(this, error);
    this.#settle(error, undefined);
  }

  expire(): void {
    this.abort(this.#expired());
  }

  #expired(): ReefError {
    const { service, name } = this.method;
    const missing = this.carrier?.awaits ?? "no answer";
    return new ReefError(
      "deadline_exceeded",
      `Cannot call ${service}/${name}: ${missing} within its time limit`,
      {
        maybeExecuted: this.attempts > 0,
        ...(this.lastFailure && { cause: this.lastFailure }),
      },
    );
  }

  #show(): void {
    if (!this.inbound || !this.onOpen) return;
    this.onOpen(this.inbound);
    this.onOpen = undefined;
    this.carried.onAccepted?.();
  }

  #tell({ headers, trailers }: Beside): void {
    const { onHeaders, onTrailers } = this.carried;
    if (headers && onHeaders) tell(onHeaders, headers);
    if (trailers && onTrailers) tell(onTrailers, trailers);
  }

  #refuse(reason: ReefError): false {
    this.over = true;
    this.#settle(
      new ReefError(reason.code, reason.message, { cause: reason, maybeExecuted: false }),
      undefined,
    );
    return false;
  }

  #adopt(parent: ServerCall): void {
    this.nextSibling = parent.firstChild;
    if (parent.firstChild) parent.firstChild.previousSibling = this;
    parent.firstChild = this;
  }

  #release(): void {
    this.over = true;
    this.#deadlines.remove(this);
    if (this.#onAbort) this.#signal?.removeEventListener("abort", this.#onAbort);
    if (!this.parent) return;
    if (this.previousSibling) this.previousSibling.nextSibling = this.nextSibling;
    else if (this.parent.firstChild === this) this.parent.firstChild = this.nextSibling;
    if (this.nextSibling) this.nextSibling.previousSibling = this.previousSibling;
  }
}

/** The last attempt was never executed, but one before it may have been: that is what the caller must know. */
function afterAll(error: ReefError): ReefError {
  const { code, message, reason, domain, data, violations } = error;
  return new ReefError(code, message, { cause: error, reason, domain, data, violations });
}

/** The connection that heard it is not to break by what a caller's function throws: as a listener's it is uncaught. */
function tell(listener: (metadata: Metadata) => void, metadata: Metadata): void {
  try {
    listener(metadata);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

export function isStream(kind: MethodKind): boolean {
  return kind !== "unary" && kind !== "notify";
}

export function sendsStream(kind: MethodKind): boolean {
  return kind === "client_stream" || kind === "bidi_stream";
}

export function returnsStream(kind: MethodKind): boolean {
  return kind === "server_stream" || kind === "bidi_stream";
}
