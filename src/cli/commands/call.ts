import { command } from "../command.ts";
import type { CommandContext } from "../command.ts";
import type { MethodDescriptor } from "../../contract/descriptor.ts";
import { didYouMean } from "../../core/suggest.ts";
import type { Message } from "../../contract/message.ts";
import { usageError } from "../failure.ts";
import { findMethod, findService } from "../find-service.ts";
import type { Input } from "../invoke.ts";
import { invoke, isSender, linesOfStdin, parseMessage } from "../invoke.ts";
import { note } from "../print.ts";
import { readAll } from "../read-lines.ts";

export const call = command({
  name: "call",
  summary: "Call a method with JSON",
  about: `The answer is printed as JSON, a stream as one JSON a line while it comes. Methods that take a stream read one
JSON a line from stdin. \`reef SERVICE METHOD --field=value\` does the same with flags.`,
  examples: [
    [`reef call greeter hello '{"name":"Ann"}'`, "one call"],
    [`reef call greeter/count '{"to":3}' --timeout 2s`, "a stream, for two seconds at most"],
    ["reef call orders create - < order.json", "input from a file"],
    ["reef call chat talk < lines.ndjson", "one message a line"],
  ],
  positionals: {
    service: {
      description: "The service, as `reef services` names it, or SERVICE/METHOD",
      complete: "services",
    },
    method: {
      description: "The method, as `reef describe SERVICE` names it",
      complete: "methods",
      optional: true,
    },
    input: { description: "A JSON object, or - for stdin; else no fields", optional: true },
  },
  options: {
    metadata: { type: "pairs", placeholder: "KEY=VALUE", description: "Metadata of the call" },
  },
  timesItself: true,
  async run(context, given) {
    const { service, method: name, input } = splitPath(given);
    const { descriptor } = await findService(context, service);
    const method = findMethod(descriptor, name);
    const { contractFromDescriptor } = await import("../../contract/contract-from-descriptor.ts");
    const contract = contractFromDescriptor(descriptor);
    const message = contract.methods[name]?.input;
    return await invoke(context, {
      contract,
      method: name,
      input: message ? await readInput(context, { method, message, text: input }) : { one: {} },
      metadata: given.metadata,
    });
  },
});

interface Words {
  readonly service: string;
  readonly method: string | undefined;
  readonly input: string | undefined;
}

/** `greeter/hello '{}'` has its input where `greeter hello '{}'` has the method. */
function splitPath({ service, method, input }: Words) {
  const slash = service.indexOf("/");
  const tryNext = "reef call --help";
  if (slash >= 0) {
    if (input !== undefined)
      throw usageError(`Unexpected word ${JSON.stringify(input)}`, { tryNext });
    const name = service.slice(slash + 1);
    if (name !== "") return { service: service.slice(0, slash), method: name, input: method };
  }
  if (method === undefined) throw usageError("Missing METHOD", { tryNext });
  return { service, method, input };
}

interface InputOptions {
  readonly method: MethodDescriptor;
  readonly message: Message;
  readonly text: string | undefined;
}

async function readInput(
  context: CommandContext,
  { method, message, text }: InputOptions,
): Promise<Input> {
  if (isSender(method.kind) && (text === undefined || text === "-"))
    return await linesOfStdin(context);
  if (text === "-") return { one: parseMessage(await readAll(context.stdin), message, "stdin") };
  const one = parseMessage(text ?? "{}", message, "the input");
  if (text !== undefined) await noteUnknownFields(context, method, text);
  return { one };
}

/**
 * Decoders drop fields that they do not know, which keeps old and new apart from each other's faults, and hides slips.
 */
async function noteUnknownFields(
  context: CommandContext,
  { name, input: { fields } }: MethodDescriptor,
  text: string,
): Promise<void> {
  const given: unknown = JSON.parse(text);
  if (typeof given !== "object" || given === null) return;
  for (const key of Object.keys(given)) {
    if (Object.hasOwn(fields, key)) continue;
    const hint = didYouMean(key, Object.keys(fields));
    await note(context, `Left out ${JSON.stringify(key)}${hint}: ${name} has no such field`);
  }
}
