/** Help for services: what can be called, and with which flags. */
import type { ContractDescriptor, MethodDescriptor } from "../contract/descriptor.ts";
import { globalOptions } from "./command.ts";
import { kindTexts } from "./commands/describe.ts";
import type { FieldFlags } from "./field-flags.ts";
import { join, optionSection, section } from "./help.ts";
import { printable } from "./table.ts";
import { painter } from "./terminal.ts";
import type { Terminal } from "./terminal.ts";

/** `reef greeter --help`. */
export function serviceHelp(descriptor: ContractDescriptor, terminal: Terminal): string {
  const heading = painter(terminal, "heading");
  const { name, version, description, methods } = descriptor;
  const rows = Object.values(methods).map((method) => {
    return [printable(method.name), summary(method)] as const;
  });
  const about = description === undefined ? "" : `\n${printable(description)}`;
  const head = `${name} ${printable(version)}${about}\n`;
  // A program without a contract: its requests pass the gateway as they come.
  if (rows.length === 0)
    return join([head, `It has no methods; over HTTP, /${name}/ is routed to it.\n`]);
  return join([
    head,
    `${heading("Usage:")} reef ${name} METHOD [--field=value ...]\n`,
    section("Methods", rows, heading),
    optionSection("Options of every command", globalOptions, heading),
    section(
      "More",
      [
        [`reef ${name} METHOD --help`, "the fields of a method as flags"],
        [`reef describe ${name}`, "everything that the service promises"],
      ],
      heading,
    ),
  ]);
}

export interface MethodHelp {
  readonly method: MethodDescriptor;
  readonly fields: FieldFlags;
}

/** `reef greeter hello --help`. */
export function methodHelp(
  descriptor: ContractDescriptor,
  { method, fields }: MethodHelp,
  terminal: Terminal,
): string {
  const heading = painter(terminal, "heading");
  const command = `reef ${descriptor.name} ${method.name}`;
  const rest = Object.entries(globalOptions).filter(([name]) => {
    return !Object.hasOwn(fields.options, name);
  });
  const errors = Object.entries(method.errors ?? {}).map(([reason, { code, description = "" }]) => {
    return [`${printable(reason)} (${code})`, printable(description)] as const;
  });
  return join([
    `${summary(method)}\n`,
    `${heading("Usage:")} ${command} [--field=value ...]\n`,
    callText(method),
    optionSection("Fields", fields.options, heading),
    section("Errors", errors, heading),
    optionSection("Options of every command", Object.fromEntries(rest), heading),
  ]);
}

function summary({ description, kind }: MethodDescriptor): string {
  return printable(description ?? kindTexts[kind]);
}

/** What the first line has not said: there the kind stands in for a description that is missing. */
function callText({ description, kind }: MethodDescriptor): string {
  const lines = description === undefined ? [] : [`A call is ${kindTexts[kind]}.`];
  if (kind === "client_stream" || kind === "bidi_stream") {
    lines.push("Without fields it reads one message a line, as JSON, from stdin.");
  }
  return lines.map((line) => `${line}\n`).join("");
}
