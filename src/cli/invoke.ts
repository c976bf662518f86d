/** One call of a method that was found by name, printed as its kind wants it. */
import { encodeText } from "../contract/byte-sink.ts";
import type { Contract } from "../contract/contract.ts";
import type { MethodKind } from "../contract/descriptor.ts";
import type { Message } from "../contract/message.ts";
import { ReefError } from "../core/errors.ts";
import type { CommandContext } from "./command.ts";
import type { ExitCode } from "./failure.ts";
import { note } from "./print.ts";
import { readLines } from "./read-lines.ts";

/** What is sent: one message, or one for each line of stdin. */
export type Input = { readonly one: unknown } | { readonly lines: true };

export interface Invocation {
  readonly contract: Contract;
  readonly method: string;
  readonly input: Input;
  readonly metadata: { readonly [key: string]: string };
  /** What is shown of a stream of answers. @default all of it */
  readonly through?: (answers: AsyncIterable<unknown>) => AsyncIterable<unknown>;
}

/** A client whose types are not known: the contract came out of the registry a moment ago. */
type AnyClient = {
  readonly [method: string]: (
    input: unknown,
    options: object,
  ) => PromiseLike<unknown> | AsyncIterable<unknown>;
};

/**
 * Calls, and prints the answer: pretty on a terminal, else one line of JSON; a stream is one line each, as it comes.
 */
export async function invoke(
  context: CommandContext,
  { contract, method: name, input, metadata, through = (answers) => answers }: Invocation,
): Promise<ExitCode> {
  const { globals, signal } = context;
  const method = contract.methods[name];
  if (!method) throw new ReefError("internal", `Cannot call "${name}": it was found a moment ago`);
  const platform = await context.platform();
  await using client = platform.client(contract);
  // Every method of a client takes an input and options; which types they have is known at run time only.
  const call = (client as unknown as AnyClient)[name];
  if (!call) throw new ReefError("internal", `Cannot call "${name}": the client lacks it`);
  const sent = isSender(method.kind) ? messages(context, input, method.input) : single(input);
  const options = {
    signal,
    metadata,
    ...(globals.timeout !== undefined && { timeoutMs: globals.timeout }),
  };
  const answer = call(sent, options);
  if (Symbol.asyncIterator in answer) await printStream(context, through(answer), method.output);
  else await printOne(context, await answer, method.output);
  return 0;
}

/** Whether the caller sends a stream. */
export function isSender(kind: MethodKind): boolean {
  return kind === "client_stream" || kind === "bidi_stream";
}

/** Messages from stdin; tells a person what is waited for. */
export async function linesOfStdin(context: CommandContext): Promise<Input> {
  if (context.stdin.isTty) await note(context, "Type one JSON a line; Ctrl-D ends the input");
  return { lines: true };
}

/**
 * The message that a JSON text says.
 * @throws {ReefError} `invalid_argument` that shows where the text stops being JSON
 */
export function parseMessage(text: string, message: Message, source: string): unknown {
  try {
    JSON.parse(text);
  } catch (error) {
    const rule = error instanceof Error ? error.message : String(error);
    throw new ReefError("invalid_argument", `Cannot read ${source}: it is not JSON, ${rule}`, {
      cause: error,
    });
  }
  const bytes = Buffer.from(text);
  return message.json.decode(bytes, 0, bytes.length);
}

function single(input: Input): unknown {
  if ("one" in input) return input.one;
  throw new ReefError("internal", "Cannot send lines to a method that takes one message");
}

async function* messages({ stdin }: CommandContext, input: Input, message: Message) {
  if ("one" in input) {
    yield input.one;
    return;
  }
  let count = 0;
  for await (const line of readLines(stdin)) {
    count++;
    if (line.trim() === "") continue;
    yield parseMessage(line, message, `line ${count} of stdin`);
  }
}

async function printOne(
  context: CommandContext,
  answer: unknown,
  message: Message | undefined,
): Promise<void> {
  // A notification has no answer: that it was sent is for people, and a program sees the exit code.
  if (!message) return await note(context, "Sent");
  const text = messageText(answer, message);
  const pretty = context.stdout.isTty && !context.globals.json;
  const shown = pretty ? JSON.stringify(JSON.parse(text), undefined, 2) : text;
  await context.stdout.write(`${shown}\n`);
}

async function printStream(
  context: CommandContext,
  answers: AsyncIterable<unknown>,
  message: Message | undefined,
): Promise<void> {
  for await (const answer of answers) {
    if (message) await context.stdout.write(`${messageText(answer, message)}\n`);
  }
  context.signal.throwIfAborted();
}

/** By the codec of the contract: it knows how 64-bit numbers, bytes and times are written. */
function messageText(answer: unknown, message: Message): string {
  return encodeText(message.json, answer);
}
