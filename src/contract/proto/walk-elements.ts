/** Everything in a file that may have options, each behind what it is in. */
import type {
  EnumDescriptor,
  FieldDescriptor,
  FileDescriptor,
  MessageDescriptor,
  Options,
} from "./file-descriptor.ts";
import { joinName } from "./symbols.ts";

export interface Element {
  /** The message of descriptor.proto that has its options, without the package. */
  readonly optionsType: string;
  /** The full name of what names in its options are looked up from. */
  readonly scope: string;
  readonly element: { options?: Options };
  /** What it is in; a field of a oneof is in that. */
  readonly parent?: { options?: Options };
}

export function* walkElements(file: FileDescriptor): Generator<Element> {
  const scope = file.package ?? "";
  yield { optionsType: "FileOptions", scope, element: file };
  for (const message of file.messageType) yield* walkMessage(message, scope, file);
  for (const element of file.enumType) yield* walkEnum(element, scope, file);
  yield* walkFields(file.extension ?? [], scope, file);
  for (const service of file.service) {
    const name = joinName(scope, service.name);
    yield { optionsType: "ServiceOptions", scope: name, element: service, parent: file };
    for (const element of service.method) {
      const inner = joinName(name, element.name);
      yield { optionsType: "MethodOptions", scope: inner, element, parent: service };
    }
  }
}

function* walkMessage(
  message: MessageDescriptor,
  outer: string,
  parent: { options?: Options },
): Generator<Element> {
  const scope = joinName(outer, message.name);
  yield { optionsType: "MessageOptions", scope, element: message, parent };
  for (const element of message.oneofDecl) {
    const inner = joinName(scope, element.name);
    yield { optionsType: "OneofOptions", scope: inner, element, parent: message };
  }
  yield* walkFields(message.field, scope, message);
  yield* walkFields(message.extension ?? [], scope, message);
  for (const element of message.extensionRange ?? []) {
    yield { optionsType: "ExtensionRangeOptions", scope, element, parent: message };
  }
  for (const nested of message.nestedType) yield* walkMessage(nested, scope, message);
  for (const nested of message.enumType) yield* walkEnum(nested, scope, message);
}

function* walkFields(
  fields: readonly FieldDescriptor[],
  outer: string,
  holder: FileDescriptor | MessageDescriptor,
): Generator<Element> {
  for (const element of fields) {
    const { oneofIndex } = element;
    const oneof =
      "oneofDecl" in holder && oneofIndex !== undefined ? holder.oneofDecl[oneofIndex] : undefined;
    const scope = joinName(outer, element.name);
    yield { optionsType: "FieldOptions", scope, element, parent: oneof ?? holder };
  }
}

function* walkEnum(
  descriptor: EnumDescriptor,
  outer: string,
  parent: { options?: Options },
): Generator<Element> {
  const scope = joinName(outer, descriptor.name);
  yield { optionsType: "EnumOptions", scope, element: descriptor, parent };
  for (const element of descriptor.value) {
    const inner = joinName(outer, element.name);
    yield { optionsType: "EnumValueOptions", scope: inner, element, parent: descriptor };
  }
}
