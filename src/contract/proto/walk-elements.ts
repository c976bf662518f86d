/** Everything in a file that may have options or a comment, each behind what it is in. */
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
  /** The way from the file down, as `SourceCodeInfo` has it: numbers of fields of descriptor.proto, places in lists. */
  readonly path: readonly number[];
}

/** Those numbers. */
const inFile = { message: 4, enum: 5, service: 6, extension: 7 } as const;
const inMessage = { field: 2, message: 3, enum: 4, range: 5, extension: 6, oneof: 8 } as const;
const inEnum = { value: 2 } as const;
const inService = { method: 2 } as const;

/** What a message, an enum or fields are in. */
interface Holder {
  readonly scope: string;
  readonly parent: FileDescriptor | MessageDescriptor;
  readonly path: readonly number[];
}

export function* walkElements(file: FileDescriptor): Generator<Element> {
  const { package: scope = "", messageType, enumType, extension = [] } = file;
  yield { optionsType: "FileOptions", scope, element: file, path: [] };
  const holder = { scope, parent: file };
  for (const [at, one] of messageType.entries()) {
    yield* walkMessage(one, { ...holder, path: [inFile.message, at] });
  }
  for (const [at, one] of enumType.entries()) {
    yield* walkEnum(one, { ...holder, path: [inFile.enum, at] });
  }
  yield* walkFields(extension, { ...holder, path: [inFile.extension] });
  for (const [at, service] of file.service.entries()) {
    const name = joinName(scope, service.name);
    const path = [inFile.service, at];
    yield { optionsType: "ServiceOptions", scope: name, element: service, parent: file, path };
    for (const [index, element] of service.method.entries()) {
      const inner = joinName(name, element.name);
      const way = [...path, inService.method, index];
      yield { optionsType: "MethodOptions", scope: inner, element, parent: service, path: way };
    }
  }
}

function* walkMessage(message: MessageDescriptor, outer: Holder): Generator<Element> {
  const { path } = outer;
  const scope = joinName(outer.scope, message.name);
  yield { optionsType: "MessageOptions", scope, element: message, parent: outer.parent, path };
  for (const [at, element] of message.oneofDecl.entries()) {
    const inner = joinName(scope, element.name);
    const way = [...path, inMessage.oneof, at];
    yield { optionsType: "OneofOptions", scope: inner, element, parent: message, path: way };
  }
  const holder = { scope, parent: message };
  yield* walkFields(message.field, { ...holder, path: [...path, inMessage.field] });
  yield* walkFields(message.extension ?? [], { ...holder, path: [...path, inMessage.extension] });
  for (const [at, element] of (message.extensionRange ?? []).entries()) {
    const way = [...path, inMessage.range, at];
    yield { optionsType: "ExtensionRangeOptions", scope, element, parent: message, path: way };
  }
  for (const [at, nested] of message.nestedType.entries()) {
    yield* walkMessage(nested, { ...holder, path: [...path, inMessage.message, at] });
  }
  for (const [at, nested] of message.enumType.entries()) {
    yield* walkEnum(nested, { ...holder, path: [...path, inMessage.enum, at] });
  }
}

function* walkFields(
  fields: readonly FieldDescriptor[],
  { scope: outer, parent, path }: Holder,
): Generator<Element> {
  for (const [at, element] of fields.entries()) {
    const { oneofIndex } = element;
    const oneof =
      "oneofDecl" in parent && oneofIndex !== undefined ? parent.oneofDecl[oneofIndex] : undefined;
    const scope = joinName(outer, element.name);
    yield {
      optionsType: "FieldOptions",
      scope,
      element,
      parent: oneof ?? parent,
      path: [...path, at],
    };
  }
}

function* walkEnum(descriptor: EnumDescriptor, outer: Holder): Generator<Element> {
  const { parent, path } = outer;
  const scope = joinName(outer.scope, descriptor.name);
  yield { optionsType: "EnumOptions", scope, element: descriptor, parent, path };
  for (const [at, element] of descriptor.value.entries()) {
    const inner = joinName(outer.scope, element.name);
    const way = [...path, inEnum.value, at];
    yield {
      optionsType: "EnumValueOptions",
      scope: inner,
      element,
      parent: descriptor,
      path: way,
    };
  }
}
