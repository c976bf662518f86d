/**
 * A field of proto3 with the word `optional` is alone in a oneof that nobody wrote: so presence is told to old readers.
 */
import type { FieldDescriptor, MessageDescriptor } from "./file-descriptor.ts";
import type { LinkContext } from "./link-context.ts";

export function addSyntheticOneofs(context: LinkContext): void {
  if (context.parsed.syntax !== "proto3") return;
  markExtensions(context, context.file.extension);
  for (const message of context.file.messageType) addToMessage(context, message);
}

function addToMessage(context: LinkContext, message: MessageDescriptor): void {
  for (const nested of message.nestedType) addToMessage(context, nested);
  markExtensions(context, message.extension);
  let taken: Set<string> | undefined;
  for (const field of message.field) {
    if (context.spots(field).label?.text !== "optional") continue;
    taken ??= namesIn(message);
    let name = field.name.startsWith("_") ? field.name : `_${field.name}`;
    while (taken.has(name)) name = `X${name}`;
    taken.add(name);
    field.proto3Optional = true;
    field.oneofIndex = message.oneofDecl.length;
    message.oneofDecl.push({ name });
  }
}

/** An extension has presence without a oneof. */
function markExtensions(context: LinkContext, extensions: readonly FieldDescriptor[] = []): void {
  for (const field of extensions) {
    if (context.spots(field).label?.text === "optional") field.proto3Optional = true;
  }
}

function namesIn(message: MessageDescriptor): Set<string> {
  const { field, oneofDecl, nestedType, enumType, extension = [] } = message;
  const values = enumType.flatMap(({ value }) => value);
  const all = [...field, ...oneofDecl, ...nestedType, ...enumType, ...extension, ...values];
  return new Set(all.map(({ name }) => name));
}
