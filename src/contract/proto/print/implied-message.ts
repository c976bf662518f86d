/** Messages that nobody declares with the word `message`: a group comes with its field, as does the entry of a map. */
import type { FieldDescriptor, MessageDescriptor } from "../file-descriptor.ts";
import { joinName } from "../symbols.ts";

interface Scope {
  /** Those that are declared beside the field. */
  readonly messages: readonly MessageDescriptor[];
  readonly scope: string;
}

export function impliedMessage(
  { type, typeName, label }: FieldDescriptor,
  { messages, scope }: Scope,
): MessageDescriptor | undefined {
  const mayBeMap = type === "TYPE_MESSAGE" && label === "LABEL_REPEATED";
  if (type !== "TYPE_GROUP" && !mayBeMap) return undefined;
  return messages.find(({ name, options }) => {
    const isEntry = options?.mapEntry === true;
    return isEntry === mayBeMap && typeName === `.${joinName(scope, name)}`;
  });
}
