/** A method ready to be called: its handler with everything around it, prepared once when the server starts. */
import type { MethodKind } from "../contract/descriptor.ts";
import type { Message } from "../contract/message.ts";
import type { ErrorTypes } from "../contract/method.ts";
import type { Clock } from "../core/clock.ts";
import { ReefError } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import { callContext, type Entrance } from "./context.ts";
import { returnsStream, sendsStream } from "./client-call.ts";
import { compose, type Middleware } from "./middleware.ts";
import type { ServerCall } from "./server-call.ts";
import { OutboundStream } from "./stream-outbound.ts";

/** A handler whatever its types: `(message or iterable, call) => message, promise of it, or iterable`. */
export type AnyHandler = (input: unknown, call: ServerCall) => unknown;

export interface ServerMethod {
  readonly namespace: string;
  readonly service: string;
  readonly version: string;
  readonly name: string;
  readonly kind: MethodKind;
  readonly input: Message;
  readonly output: Message | undefined;
  /** Typed errors as the contract declares them. */
  readonly errors: ErrorTypes;
  /** Makes them, for the handler. */
  readonly errorMakers: unknown;
  readonly clock: Clock;
  readonly log: Logger;
  /** Why no call may be made just now: asked before each. @default nobody is refused */
  readonly admit?: (() => ReefError | undefined) | undefined;
  /** Passes its calls on, and says itself when a stream is accepted: when the far side has. @default false */
  readonly isRelay?: boolean;
  /** Calls nobody: it needs no context. */
  readonly isLeaf?: boolean;
  /** Validation of the input, then the middleware of the server, that of the service, and the handler. */
  readonly invoke: (call: ServerCall) => unknown;
}

export interface ServerMethodOptions extends Omit<ServerMethod, "invoke"> {
  readonly handler: AnyHandler;
  readonly use: readonly Middleware<ServerCall>[];
  /** Checks what handlers return against the schema too. */
  readonly validateOutput: boolean;
}

export function createServerMethod(options: ServerMethodOptions): ServerMethod {
  const { handler, use, validateOutput, ...method } = options;
  const { input, output, kind } = method;
  const streamed = sendsStream(kind);

  function handle(call: ServerCall): unknown {
    return handler(call.input, call);
  }
  const around = compose(use, handle);
  const checked = validateOutput && output ? checkOutput(around, output, kind) : around;

  function validateFirst(call: ServerCall): unknown {
    const valid = input.validate(call.input);
    if (valid instanceof Promise) {
      return valid.then((value) => {
        call.input = value;
        return checked(call);
      });
    }
    call.input = valid;
    return checked(call);
  }
  function validateEach(call: ServerCall): unknown {
    // The transport puts the reading end of the stream here.
    call.input = validated(call.input as AsyncIterable<unknown>, input);
    return checked(call);
  }
  return { ...method, invoke: streamed ? validateEach : validateFirst };
}

/** Runs a call in its own context and gives the outcome to its responder. Never throws. */
export function runCall(call: ServerCall, entrance?: Entrance): void {
  const run = returnsStream(call.target.kind) ? runStream : runSingle;
  if (call.target.isLeaf) void run(call);
  else if (entrance) entrance.run(call, run);
  else callContext.run(call, run, call);
}

function runSingle(call: ServerCall): void {
  const { responder, target } = call;
  const refused = target.admit?.();
  if (refused) return responder.fail(call, refused);
  let result: unknown;
  try {
    result = target.invoke(call);
  } catch (error) {
    responder.fail(call, handlerError(call, error));
    return;
  }
  if (sendsStream(target.kind) && !target.isRelay) responder.accept(call);
  if (!isThenable(result)) {
    responder.reply(call, result);
    return;
  }
  Promise.resolve(result).then(
    (value) => responder.reply(call, value),
    (error: unknown) => responder.fail(call, handlerError(call, error)),
  );
}

/** Query builders are promises of their own making. */
function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as Partial<PromiseLike<unknown>> | null | undefined)?.then === "function";
}

async function runStream(call: ServerCall): Promise<void> {
  const { responder, target } = call;
  const refused = target.admit?.();
  if (refused) return responder.fail(call, refused);
  try {
    // The pump below only iterates it; what it must be is said by the types of handlers.
    const answers = (await target.invoke(call)) as AsyncIterable<unknown>;
    call.outbound ??= new OutboundStream(call.credit, {
      item: (value) => responder.item(call, value),
    });
    const pumping = call.outbound.pump(answers);
    // A generator has run by now to where it first waits, and said what is to be said before its answers.
    if (!target.isRelay) responder.accept(call);
    if (await pumping) responder.finish(call);
  } catch (error) {
    responder.fail(call, handlerError(call, error));
  }
}

/**
 * What a handler threw, as its caller may see it. Our own errors pass; anything else is a bug whose text belongs into
 * the log and not to the outside. The handler has run, so `maybeExecuted` is true whatever a nested call said.
 */
function handlerError(call: ServerCall, thrown: unknown): ReefError {
  if (call.cancelled) return call.cancelled;
  if (thrown instanceof ReefError) {
    if (thrown.maybeExecuted || thrown.code === "invalid_argument") return thrown;
    const { message, reason, domain, data, violations } = thrown;
    return new ReefError(thrown.code, message, { cause: thrown, reason, domain, data, violations });
  }
  const name = `${call.service}/${call.method}`;
  call.log.error(`The handler of ${name} threw`, { error: thrown });
  return new ReefError("internal", `The handler of ${name} failed; its log says why`, {
    cause: thrown,
  });
}

async function* validated(
  inputs: AsyncIterable<unknown>,
  message: Message,
): AsyncIterable<unknown> {
  for await (const input of inputs) yield await message.validate(input);
}

/** In tests, what a handler returns is held against its schema: a lie is found where it is told. */
function checkOutput(
  inner: (call: ServerCall) => unknown,
  output: Message,
  kind: MethodKind,
): (call: ServerCall) => Promise<unknown> {
  async function check(value: unknown, call: ServerCall): Promise<unknown> {
    try {
      await output.validate(output.copy(value));
      return value;
    } catch (error) {
      throw new ReefError(
        "internal",
        `The handler of ${call.service}/${call.method} broke its contract: ${ReefError.from(error).message}`,
        { cause: error },
      );
    }
  }
  async function* checkEach(values: AsyncIterable<unknown>, call: ServerCall) {
    for await (const value of values) yield await check(value, call);
  }
  if (returnsStream(kind)) {
    return async (call) => checkEach((await inner(call)) as AsyncIterable<unknown>, call);
  }
  return async (call) => check(await inner(call), call);
}
