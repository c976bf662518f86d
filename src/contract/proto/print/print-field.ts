import type { FieldDescriptor, MessageDescriptor } from "../file-descriptor.ts";
import { jsonNameOf } from "../json-name.ts";
import { joinName } from "../symbols.ts";
import { impliedMessage } from "./implied-message.ts";
import { compactOptions } from "./option-text.ts";
import type { ProtoPage } from "./proto-page.ts";

export interface FieldPlace {
  readonly messages: readonly MessageDescriptor[];
  /** The full name of what it is in. */
  readonly scope: string;
  /** Prints the message of a group. */
  readonly print: (
    page: ProtoPage,
    message: MessageDescriptor,
    place: { scope: string; head: string },
  ) => void;
  /** There no field has a label. */
  readonly isInOneof?: boolean;
}

export function printField(page: ProtoPage, field: FieldDescriptor, place: FieldPlace): void {
  const { scope, isInOneof = false } = place;
  const implied = impliedMessage(field, place);
  const isGroup = field.type === "TYPE_GROUP";
  const label = isInOneof || (implied && !isGroup) ? "" : labelOf(page, field);
  const options = compactOptions(page, field.options, {
    type: "FieldOptions",
    scope: joinName(scope, field.name),
    others: pseudoOptions(field),
  });
  const end = `= ${field.number}${options}`;
  if (implied && isGroup) {
    place.print(page, implied, { scope, head: `${label}group ${implied.name} ${end}` });
  } else page.statement(`${label}${typeOf(page, field, place)} ${field.name} ${end};`, field);
}

function typeOf(page: ProtoPage, field: FieldDescriptor, place: FieldPlace): string {
  const [key, value] = impliedMessage(field, place)?.field ?? [];
  if (key && value) return `map<${typeOf(page, key, place)}, ${typeOf(page, value, place)}>`;
  if (field.typeName !== undefined) return page.names.shortest(field.typeName, place.scope);
  return (field.type ?? "").replace("TYPE_", "").toLowerCase();
}

function labelOf({ file }: ProtoPage, { label, proto3Optional }: FieldDescriptor): string {
  if (label === "LABEL_REPEATED") return "repeated ";
  if (label === "LABEL_REQUIRED") return "required ";
  const said = proto3Optional === true || (file.syntax ?? "proto2") === "proto2";
  return said ? "optional " : "";
}

/** What is written like options, but is a property of the field itself. */
function pseudoOptions({
  name,
  jsonName,
  defaultValue,
  type,
  extendee,
}: FieldDescriptor): string[] {
  const options: string[] = [];
  if (defaultValue !== undefined) options.push(`default = ${defaultText(defaultValue, type)}`);
  if (jsonName !== undefined && jsonName !== jsonNameOf(name) && extendee === undefined) {
    options.push(`json_name = ${JSON.stringify(jsonName)}`);
  }
  return options;
}

function defaultText(text: string, type: FieldDescriptor["type"]): string {
  if (type === "TYPE_STRING") return JSON.stringify(text);
  // Its descriptor has the escapes already.
  if (type === "TYPE_BYTES") return `"${text}"`;
  // A whole number has no sign when it is zero.
  return text === "-0" ? "-0.0" : text;
}
