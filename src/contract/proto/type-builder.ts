/**
 * Shapes with numbers as messages of protobuf: the same layout that `contract/protobuf/plan.ts` reads and writes, said
 * in the words of a `.proto`. What only one of the two does would be a bug.
 */
import type { Field, ObjectShape, OneofShape, Reserved, Shape } from "../shape.ts";
import type {
  EnumDescriptor,
  FieldDescriptor,
  FieldType,
  MessageDescriptor,
} from "./file-descriptor.ts";
import {
  entryIdentifier,
  fieldIdentifier,
  freeName,
  typeIdentifier,
  valueIdentifier,
} from "./proto-identifiers.ts";
import { scalarType, wellKnownTypes, wrapperType } from "./scalar-types.ts";

/** Where types are put: a file or a message. */
export interface TypeScope {
  readonly fullName: string;
  readonly messages: MessageDescriptor[];
  readonly enums: EnumDescriptor[];
  readonly taken: Set<string>;
}

/** What is known of one message and of everything in it. */
export interface TypeContext {
  readonly definitions: { readonly [name: string]: Shape };
  /** Where definitions of the contract go. */
  readonly definitionScope: TypeScope;
  /** By the name of the definition. */
  readonly known: Map<string, FieldTypes>;
}

export type FieldTypes = Pick<FieldDescriptor, "typeName"> & { readonly type: FieldType };

type Know = (types: FieldTypes) => void;

export class TypeBuilder {
  /** Files of protobuf itself that the types need. */
  readonly imports = new Set<string>();
  /** What is said about each element. */
  readonly comments = new Map<object, string>();

  /** A message of this name. */
  message(shape: ObjectShape, name: string, scope: TypeScope, context: TypeContext): FieldTypes {
    const { types, inner, message } = this.#open(name, scope);
    this.#say(message, shape.description);
    this.#fill(shape, message, inner, context);
    return types;
  }

  #open(name: string, scope: TypeScope) {
    const free = freeName(name, scope.taken);
    const message: MessageDescriptor = {
      name: free,
      field: [],
      nestedType: [],
      enumType: [],
      oneofDecl: [],
    };
    scope.messages.push(message);
    const fullName = `${scope.fullName}.${free}`;
    const { nestedType: messages, enumType: enums } = message;
    const inner: TypeScope = { fullName, messages, enums, taken: new Set() };
    return { message, inner, types: { type: "TYPE_MESSAGE", typeName: fullName } as const };
  }

  #say(element: object, text: string | undefined): void {
    if (text !== undefined) this.comments.set(element, text);
  }

  /** The type where there is one value. */
  #single(
    shape: Shape,
    name: string,
    scope: TypeScope,
    context: TypeContext,
    know: Know = () => {},
  ): FieldTypes {
    switch (shape.kind) {
      case "ref":
        return this.#definition(shape.to, context);
      case "enum":
        return this.#enum(shape, name, scope);
      case "timestamp":
        return this.#wellKnown("timestamp");
      case "json":
        return this.#wellKnown(shape.as ?? "json");
      case "wrapper":
        return this.#imported("google/protobuf/wrappers.proto", wrapperType(shape.inner));
      case "list":
      case "map":
      case "nullable":
      case "object":
      case "oneof": {
        const { types, inner, message } = this.#open(name, scope);
        know(types);
        if (shape.kind === "object") this.#fill(shape, message, inner, context);
        else if (shape.kind === "oneof") this.#variants(shape, message, inner, context);
        else if (shape.kind === "nullable") {
          const field: Field = { shape: shape.inner, number: 1, optional: true };
          this.#field("value", field, message, inner, context);
        } else this.#field("items", { shape, number: 1 }, message, inner, context);
        addSyntheticOneofs(message);
        return types;
      }
      default:
        return { type: scalarType(shape) };
    }
  }

  #wellKnown(name: keyof typeof wellKnownTypes): FieldTypes {
    const { file, type } = wellKnownTypes[name];
    return this.#imported(file, type);
  }

  #imported(file: string, typeName: string): FieldTypes {
    this.imports.add(file);
    return { type: "TYPE_MESSAGE", typeName };
  }

  #definition(to: string, context: TypeContext): FieldTypes {
    const known = context.known.get(to);
    if (known) return known;
    // The shape was checked: each ref names a definition.
    const shape = context.definitions[to] as Shape;
    const know: Know = (types) => void context.known.set(to, types);
    const types = this.#single(shape, typeIdentifier(to), context.definitionScope, context, know);
    know(types);
    return types;
  }

  #enum(shape: Extract<Shape, { kind: "enum" }>, name: string, scope: TypeScope): FieldTypes {
    const free = freeName(name, scope.taken);
    const { numbers = {} } = shape;
    const zero = freeName(valueIdentifier(free, "unspecified"), scope.taken);
    const values = shape.values.map((value) => {
      const identifier = freeName(valueIdentifier(free, value), scope.taken);
      return { name: identifier, number: numbers[value] ?? 0 };
    });
    const names = values.map(({ name }) => name);
    const reserved = reservedOf(shape.reserved, new Set(names), (old) =>
      valueIdentifier(free, old),
    );
    const made: EnumDescriptor = {
      name: free,
      value: [{ name: zero, number: 0 }, ...values.toSorted((a, b) => a.number - b.number)],
      ...(reserved && {
        reservedRange: reserved.numbers.map((number) => ({ start: number, end: number })),
        reservedName: reserved.names,
      }),
    };
    scope.enums.push(made);
    return { type: "TYPE_ENUM", typeName: `${scope.fullName}.${free}` };
  }

  #fill(
    shape: ObjectShape,
    message: MessageDescriptor,
    inner: TypeScope,
    context: TypeContext,
  ): void {
    for (const [name, field] of Object.entries(shape.fields)) {
      this.#field(name, field, message, inner, context);
    }
    reserve(message, shape.reserved);
    addSyntheticOneofs(message);
  }

  #variants(
    shape: OneofShape,
    message: MessageDescriptor,
    inner: TypeScope,
    context: TypeContext,
  ): void {
    const fields = new Set(Object.keys(shape.variants).map(fieldIdentifier));
    message.oneofDecl.push({ name: freeName("kind", fields) });
    for (const [name, variant] of Object.entries(shape.variants)) {
      const types = this.#single(variant, typeIdentifier(name), inner, context);
      const number = shape.numbers?.[name] ?? 0;
      const field = this.#add(message, { name, number, types, label: "LABEL_OPTIONAL" });
      field.oneofIndex = 0;
      this.#say(field, variant.description);
    }
    reserve(message, shape.reserved);
  }

  #field(
    name: string,
    field: Field,
    message: MessageDescriptor,
    inner: TypeScope,
    context: TypeContext,
  ): void {
    const { shape, number = 0 } = field;
    const target = resolve(shape, context);
    const isPlain = field.optional !== true && field.default === undefined;
    const made = this.#labelled(name, number, { shape, target, isPlain }, message, inner, context);
    this.#say(made, shape.description);
    if (isPlain || made.label === "LABEL_REPEATED" || made.type === "TYPE_MESSAGE") return;
    made.proto3Optional = true;
  }

  #labelled(
    name: string,
    number: number,
    { shape, target, isPlain }: { shape: Shape; target: Shape; isPlain: boolean },
    message: MessageDescriptor,
    inner: TypeScope,
    context: TypeContext,
  ): FieldDescriptor {
    const type = typeIdentifier(name);
    if (target.kind === "list" && isPlain) {
      const types = this.#single(target.items, type, inner, context);
      return this.#add(message, { name, number, types, label: "LABEL_REPEATED" });
    }
    if (target.kind === "map" && isPlain) {
      const value = this.#single(target.values, type, inner, context);
      const key = this.#single(target.keys ?? { kind: "string" }, type, inner, context);
      const made = this.#add(message, {
        name,
        number,
        types: { type: "TYPE_MESSAGE" },
        label: "LABEL_REPEATED",
      });
      const entry = freeName(entryIdentifier(made.name), inner.taken);
      message.nestedType.push(entryMessage(entry, key, value));
      made.typeName = `${inner.fullName}.${entry}`;
      return made;
    }
    const types = this.#single(shape, type, inner, context);
    return this.#add(message, { name, number, types, label: "LABEL_OPTIONAL" });
  }

  #add(
    message: MessageDescriptor,
    {
      name,
      number,
      types,
      label,
    }: Pick<FieldDescriptor, "name" | "number" | "label"> & {
      readonly types: FieldTypes;
    },
  ): FieldDescriptor {
    const taken = new Set(message.field.map((field) => field.name));
    const identifier = freeName(fieldIdentifier(name), taken);
    const field: FieldDescriptor = { name: identifier, number, label, ...types, jsonName: name };
    message.field.push(field);
    return field;
  }
}

function resolve(shape: Shape, context: TypeContext): Shape {
  // The shape was checked: each ref names a definition, and none is only itself.
  return shape.kind === "ref" ? resolve(context.definitions[shape.to] as Shape, context) : shape;
}

function entryMessage(name: string, key: FieldTypes, value: FieldTypes): MessageDescriptor {
  const label = "LABEL_OPTIONAL";
  return {
    name,
    field: [
      { name: "key", number: 1, label, ...key, jsonName: "key" },
      { name: "value", number: 2, label, ...value, jsonName: "value" },
    ],
    nestedType: [],
    enumType: [],
    oneofDecl: [],
    options: { mapEntry: true },
  };
}

/** As protoc has it: each field with the word `optional` is alone in a oneof, behind those that are written. */
function addSyntheticOneofs(message: MessageDescriptor): void {
  const taken = new Set(message.field.map(({ name }) => name));
  for (const field of message.field) {
    if (field.proto3Optional !== true || field.oneofIndex !== undefined) continue;
    field.oneofIndex = message.oneofDecl.length;
    message.oneofDecl.push({ name: freeName(`_${field.name}`, taken) });
  }
}

function reserve(message: MessageDescriptor, reserved: Reserved | undefined): void {
  const names = new Set(message.field.map(({ name }) => name));
  const found = reservedOf(reserved, names, fieldIdentifier);
  if (!found) return;
  message.reservedRange = found.numbers.map((number) => ({ start: number, end: number + 1 }));
  message.reservedName = found.names;
}

/** Names that came back are no longer reserved, their numbers are. */
function reservedOf(
  reserved: Reserved | undefined,
  used: ReadonlySet<string>,
  identifier: (name: string) => string,
): { readonly numbers: number[]; readonly names: string[] } | undefined {
  if (reserved === undefined) return undefined;
  const names = new Set(Object.values(reserved).map(identifier)).difference(used);
  return { numbers: Object.keys(reserved).map(Number), names: [...names] };
}
