/** `reef contract show NAME --format ...`: the contract as others write theirs. */
import type { ContractDescriptor } from "../../../contract/descriptor.ts";
import { openApiOf } from "../../../contract/openapi/openapi.ts";
import { fileDescriptorsOf } from "../../../contract/proto/file-descriptors-of.ts";
import { printProto } from "../../../contract/proto/print/print-proto.ts";
import { clientContract } from "../../../contract/typescript/client-contract.ts";
import { toJsonSchema } from "../../../contract/to-json-schema.ts";
import { didYouMean } from "../../../core/suggest.ts";
import type { CommandContext } from "../../command.ts";
import { usageError, type ExitCode } from "../../failure.ts";
import { namedContract } from "../../named-contract.ts";
import { note, printJson } from "../../print.ts";
import { shellWord } from "../../shell-word.ts";
import { tryNext, type Words } from "./action.ts";

type Format = (descriptor: ContractDescriptor) => string;

const formats = {
  proto: protoText,
  jsonschema: (descriptor) => jsonText(jsonSchemasOf(descriptor)),
  openapi: (descriptor) => jsonText(openApiOf([descriptor])),
  ts: (descriptor) => clientContract(descriptor, `reef gen ${descriptor.name}`),
} as const satisfies { readonly [name: string]: Format };

export const formatNames = Object.keys(formats);

export async function show(context: CommandContext, words: Words): Promise<ExitCode> {
  const { target, format = "proto" } = words;
  if (!Object.hasOwn(formats, format)) {
    const hint = didYouMean(format, formatNames);
    const names = formatNames.join(", ");
    throw usageError(`Unknown format "${format}"${hint}: choose one of ${names}`, { tryNext });
  }
  const descriptor = await namedContract(context, target);
  // It was looked up among their names.
  const text = formats[format as keyof typeof formats](descriptor);
  if (context.globals.json) await printJson(context, { name: descriptor.name, format, text });
  else await context.stdout.write(text);
  if (format === "proto") await noteImports(context, target, descriptor);
  return 0;
}

function protoText(descriptor: ContractDescriptor): string {
  const files = fileDescriptorsOf(descriptor);
  const file = files.at(-1);
  return file === undefined ? "" : printProto(file, files);
}

/** One file is not enough for whoever wants to compile it. */
async function noteImports(
  context: CommandContext,
  target: string,
  descriptor: ContractDescriptor,
): Promise<void> {
  const { dependency = [] } = fileDescriptorsOf(descriptor).at(-1) ?? {};
  if (dependency.length === 0) return;
  const advice = `reef gen ${shellWord(target)} --lang proto --out DIR`;
  await note(context, `It imports ${dependency.join(", ")}; to have them in files: ${advice}`);
}

/** One schema for each message, under the words of the contract. */
function jsonSchemasOf({ methods }: ContractDescriptor) {
  const entries = Object.values(methods).map(({ name, input, output, errors = {} }) => {
    const data = Object.entries(errors).flatMap(([reason, error]) => {
      return error.data ? [[reason, toJsonSchema(error.data, { side: "output" })] as const] : [];
    });
    const made = {
      input: toJsonSchema(input, { side: "input" }),
      ...(output && { output: toJsonSchema(output, { side: "output" }) }),
      ...(data.length > 0 && { errors: Object.fromEntries(data) }),
    };
    return [name, made] as const;
  });
  return Object.fromEntries(entries);
}

function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
