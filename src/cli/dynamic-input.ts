/** What a dynamic command sends: its fields as one message, or the lines of stdin. */
import assert from "node:assert/strict";
import type { Contract } from "../contract/contract.ts";
import type { MethodDescriptor } from "../contract/descriptor.ts";
import type { Scanned } from "./arguments.ts";
import type { CommandContext } from "./command.ts";
import { usageError } from "./failure.ts";
import type { FieldFlags } from "./field-flags.ts";
import { jsonInputFlag } from "./field-flags.ts";
import { inputFromFlags, jsonValue } from "./field-input.ts";
import type { Input } from "./invoke.ts";
import { isSender, linesOfStdin, parseMessage } from "./invoke.ts";
import { readAll } from "./read-lines.ts";

export interface DynamicInputOptions {
  readonly contract: Contract;
  readonly method: MethodDescriptor;
  readonly fields: FieldFlags;
  readonly given: Scanned["given"];
  /** `reef greeter hello`, for messages. */
  readonly command: string;
}

/**
 * What the flags say; a stream of messages when the method takes one and no field was given.
 * @throws {ReefError} usage, for fields; `invalid_argument` for a message that is too deep
 */
export async function readDynamicInput(
  context: CommandContext,
  { contract, method, fields, given, command }: DynamicInputOptions,
): Promise<Input> {
  const message = contract.methods[method.name]?.input;
  assert(message, "the contract was made of the descriptor that the method is from");
  const whole = given.get(jsonInputFlag)?.at(-1);
  const hasFields = [...given.keys()].some((name) => fields.flags.has(name));
  if (isSender(method.kind) && !hasFields && (whole === undefined || whole === "-")) {
    return await linesOfStdin(context);
  }
  const text = whole === "-" ? await readAll(context.stdin) : String(whole ?? "{}");
  const base = jsonValue(whole === "-" ? "stdin" : `flag --${jsonInputFlag}`, text);
  if (typeof base !== "object" || base === null || Array.isArray(base)) {
    throw usageError("Cannot read the input: it must be a JSON object", {
      tryNext: `${command} --help`,
    });
  }
  const options = { message: method.input, fields, given, base: { ...base }, command };
  const input = inputFromFlags(options);
  return { one: parseMessage(JSON.stringify(input), message, "the input") };
}
