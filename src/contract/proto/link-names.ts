/** Names of types become full ones with a dot in front, and fields learn what they are. */
import { didYouMean } from "../../core/suggest.ts";
import type { FieldDescriptor, MessageDescriptor } from "./file-descriptor.ts";
import { jsonNameOf } from "./json-name.ts";
import type { LinkContext } from "./link-context.ts";
import { joinName, type ProtoSymbol } from "./symbols.ts";
import type { Token } from "./tokenizer.ts";

export function linkNames(context: LinkContext): void {
  const { file } = context;
  const scope = file.package ?? "";
  for (const message of file.messageType) linkMessage(context, message, scope);
  for (const field of file.extension ?? []) linkField(context, field, scope);
  for (const service of file.service) {
    for (const method of service.method) {
      // A method is found from inside of its service.
      const place = { scope: joinName(joinName(scope, service.name), method.name) };
      const { name, type = name, output = name } = context.spots(method);
      method.inputType = typeNamed(context, method.inputType, {
        ...place,
        token: type,
        ...messageKind,
      });
      method.outputType = typeNamed(context, method.outputType, {
        ...place,
        token: output,
        ...messageKind,
      });
    }
  }
}

const messageKind = { kinds: ["message"], what: "a message", strict: true } as const;

function linkMessage(context: LinkContext, element: MessageDescriptor, outer: string): void {
  const scope = joinName(outer, element.name);
  for (const field of element.field) linkField(context, field, scope);
  for (const field of element.extension ?? []) linkField(context, field, scope);
  for (const nested of element.nestedType) linkMessage(context, nested, scope);
}

function linkField(context: LinkContext, field: FieldDescriptor, scope: string): void {
  const { name, type = name, extendee = name } = context.spots(field);
  field.jsonName = jsonNameOf(field.name);
  if (field.extendee !== undefined) {
    field.extendee = typeNamed(context, field.extendee, { scope, token: extendee, ...messageKind });
    const extended = context.symbols.message(field.extendee.slice(1));
    checkExtensionNumber(context, field, extended);
    checkExtensionTaken(context, field, joinName(scope, field.name));
  }
  if (field.typeName === undefined) return;
  const wanted = { kinds: ["message", "enum"], what: "a message or an enum" } as const;
  field.typeName = typeNamed(context, field.typeName, { scope, token: type, ...wanted });
  const isEnum = context.symbols.enum(field.typeName.slice(1)) !== undefined;
  field.type ??= isEnum ? "TYPE_ENUM" : "TYPE_MESSAGE";
}

interface TypePlace {
  readonly scope: string;
  readonly token: Token;
  readonly kinds: readonly ProtoSymbol["kind"][];
  readonly what: string;
  readonly strict?: boolean;
}

function typeNamed(context: LinkContext, name: string, place: TypePlace): string {
  const { symbols, file } = context;
  const { scope, token, kinds, what, strict = false } = place;
  const full = symbols.resolve(name, { file: file.name, scope, kinds, strict });
  if (full !== undefined) return `.${full}`;
  const rule = `expected the name of ${what}, found "${name}"`;
  throw context.refuse(token, rule, adviceFor(context, name, scope));
}

/** Where the name is known after all. */
function adviceFor({ symbols, file }: LinkContext, name: string, scope: string): string {
  const bare = name.replace(/^\./, "");
  for (let outer = scope; ; outer = outer.slice(0, Math.max(0, outer.lastIndexOf(".")))) {
    const full = joinName(outer, bare);
    const symbol = symbols.get(full);
    if (symbol !== undefined) {
      if (symbol.file !== file.name) return `import "${symbol.file}", which has it`;
      if (symbol.kind !== "message" && symbol.kind !== "enum") {
        return `${full} is ${symbol.kind === "value" ? "a value of an enum" : `a ${symbol.kind}`}`;
      }
      return `write .${full}: an inner name hides it`;
    }
    if (outer === "") break;
  }
  const known = [...file.messageType, ...file.enumType].map((element) => element.name);
  if (scalarNames.includes(bare)) return "write a message that has a field of that type";
  return `declare it or import its file${didYouMean(bare, [...known, ...scalarNames])}`;
}

const scalarNames = ["string", "bytes", "bool", "double", "float", "int32", "int64", "uint32"];

function checkExtensionNumber(
  context: LinkContext,
  field: FieldDescriptor,
  extended: MessageDescriptor | undefined,
): void {
  const ranges = extended?.extensionRange ?? [];
  if (ranges.some(({ start, end }) => field.number >= start && field.number < end)) return;
  const known = ranges.map(({ start, end }) => `${start} to ${end - 1}`).join(", ");
  const { name, number = name } = context.spots(field);
  throw context.refuse(
    number,
    `expected a number that ${field.extendee?.slice(1)} has for extensions, found ${field.number}`,
    known === "" ? "it has none" : `it has ${known}`,
  );
}

function checkExtensionTaken(context: LinkContext, field: FieldDescriptor, fullName: string): void {
  const { extendee = "", number: wanted } = field;
  const key = `${extendee.slice(1)} ${wanted}`;
  const other = context.extensions.get(key);
  context.extensions.set(key, fullName);
  if (other === undefined) return;
  const { name, number = name } = context.spots(field);
  throw context.refuse(
    number,
    `expected a number that is not taken, found ${wanted}, which is that of ${other}`,
    "choose another",
  );
}
