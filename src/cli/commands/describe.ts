import type {
  ContractDescriptor,
  HttpDescriptor,
  MethodDescriptor,
  MethodKind,
} from "../../contract/descriptor.ts";
import { routeOf } from "../../contract/http-binding.ts";
import { missingNumber } from "../../contract/numbers/missing-number.ts";
import { protoServiceName } from "../../contract/proto-names.ts";
import { command } from "../command.ts";
import type { CommandContext } from "../command.ts";
import type { FoundService } from "../find-service.ts";
import { findMethod, findService } from "../find-service.ts";
import { join } from "../help.ts";
import { printJson } from "../print.ts";
import { fieldLines } from "../shape-text.ts";
import type { FieldLine } from "../shape-text.ts";
import { fit, printable, renderTable } from "../table.ts";
import { painter } from "../terminal.ts";

export const describe = command({
  name: "describe",
  summary: "Show what a service promises: methods, fields, errors",
  about: `With a method only that one. A ? marks a field that may be left out, = its default.`,
  examples: [
    ["reef describe greeter", "every method"],
    ["reef describe greeter hello", "one method"],
    ["reef describe greeter@1", "version 1, where another runs beside it"],
    ["reef describe greeter --json", "the whole contract, for programs"],
  ],
  positionals: {
    service: { description: "The service, as `reef services` names it", complete: "services" },
    method: { description: "One of its methods", complete: "methods", optional: true },
  },
  options: {},
  async run(context, { service, method: name }) {
    const found = await findService(context, service);
    const { descriptor } = found;
    const method = name === undefined ? undefined : findMethod(descriptor, name);
    if (context.globals.json) await printJson(context, method ?? descriptor);
    else if (method) await context.stdout.write(methodText(context, method));
    else {
      const texts = Object.values(descriptor.methods).map((each) => methodText(context, each));
      await context.stdout.write(join([headText(context, found), ...texts]));
    }
    return 0;
  },
});

function headText(context: CommandContext, { descriptor, nodes, namespace }: FoundService): string {
  const heading = painter(context.stdout, "heading");
  const { name, version, description } = descriptor;
  const ready = nodes.filter(({ state }) => state === "ready").length;
  const title = `${heading(name)} ${printable(version)}`;
  const about = description === undefined ? "" : `${printable(description)}\n`;
  const where = `namespace ${namespace}, ${ready} of ${nodes.length} nodes ready`;
  return `${title}\n${about}${where}\n${printable(protoText(descriptor))}\n`;
}

function protoText(descriptor: ContractDescriptor): string {
  const missing = missingNumber(descriptor);
  if (missing === undefined) return `protobuf ${protoServiceName(descriptor)}`;
  return `no protobuf: ${missing} has no number (reef contract --help)`;
}

/** What a caller sends and gets, in words. */
export const kindTexts: { readonly [kind in MethodKind]: string } = {
  unary: "one message, one answer",
  notify: "one message, no answer",
  server_stream: "one message, a stream of answers",
  client_stream: "a stream of messages, one answer",
  bidi_stream: "a stream of messages, a stream of answers",
};

/** `POST /orders, answers 201`. */
function httpText(http: HttpDescriptor): string {
  const status = typeof http === "object" && http.status;
  return status ? `${routeOf(http)}, answers ${status}` : routeOf(http);
}

function methodText(context: CommandContext, method: MethodDescriptor): string {
  const heading = painter(context.stdout, "heading");
  const { name, kind, description, http, idempotent } = method;
  const facts = [
    kindTexts[kind],
    ...(idempotent ? ["idempotent"] : []),
    ...(http ? [httpText(http)] : []),
  ];
  const lines = [`${heading(printable(name))}  ${printable(facts.join(", "))}`];
  if (description !== undefined) lines.push(`  ${printable(description)}`);
  lines.push(...blockLines(context, "input", fieldLines(method.input)));
  if (method.output) lines.push(...blockLines(context, "output", fieldLines(method.output)));
  for (const [reason, error] of Object.entries(method.errors ?? {})) {
    const about = error.description === undefined ? "" : `: ${error.description}`;
    const title = `error ${reason} (${error.code})${about}`;
    lines.push(...blockLines(context, printable(title), error.data ? fieldLines(error.data) : []));
  }
  return `${lines.join("\n")}\n`;
}

/** A title over its fields. */
function blockLines(
  context: CommandContext,
  title: string,
  fields: readonly FieldLine[],
): string[] {
  const { stdout } = context;
  const quiet = painter(stdout, "quiet");
  if (fields.length === 0)
    return [`  ${quiet(title.startsWith("error") ? title : `${title}: none`)}`];
  const columns = stdout.isTty ? stdout.columns - 4 : Infinity;
  const rows = fields.map(({ name, type, description }) => [
    { text: name, paint: painter(stdout, "name") },
    type,
    { text: description, paint: quiet },
  ]);
  // The table wants a heading; these few columns explain themselves.
  const [, ...lines] = renderTable(["", "", ""], rows, { columns }).trimEnd().split("\n");
  return [`  ${quiet(fit(title, columns))}`, ...lines.map((line) => `    ${line}`)];
}
