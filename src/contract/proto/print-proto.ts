/**
 * A file descriptor as the text of a `.proto`, in one order and one style: comments, the options of protobuf and
 * `google.api.http`. Other custom options are not printed, nor groups that are declared in `extend`.
 */
import { elementsOf } from "./source-comments.ts";
import type * as proto from "./file-descriptor.ts";
import { jsonNameOf } from "./json-name.ts";
import { compactOptions, optionStatements } from "./print-options.ts";
import { printedType, TypeNames } from "./type-names.ts";

/** `files` are those that it imports; with them types are named as shortly as protobuf understands them. */
export function printProto(
  file: proto.FileDescriptor,
  files: readonly proto.FileDescriptor[] = [],
): string {
  return new Printer(file, new TypeNames([...files, file])).text();
}

class Printer {
  readonly #file: proto.FileDescriptor;
  readonly #names: TypeNames;
  readonly #comments = new Map<object, proto.SourceLocation>();
  readonly #lines: string[] = [];
  #indent = "";

  constructor(file: proto.FileDescriptor, names: TypeNames) {
    this.#file = file;
    this.#names = names;
    const locations = new Map(file.sourceCodeInfo?.location.map((at) => [at.path.join(), at]));
    for (const { element, path } of elementsOf(file)) {
      const location = locations.get(path.join());
      if (location) this.#comments.set(element, location);
    }
  }

  text(): string {
    const { package: scope = "", syntax = "proto2", edition = "", dependency } = this.#file;
    const isEdition = syntax === "editions";
    this.#line(
      isEdition ? `edition = "${edition.replace("EDITION_", "")}";` : `syntax = "${syntax}";`,
    );
    if (scope !== "") this.#block([`package ${scope};`]);
    this.#block(dependency.map((path, at) => `import ${this.#importWord(at)}"${path}";`));
    this.#block(optionStatements("FileOptions", this.#file.options));
    for (const service of this.#file.service) this.#service(service);
    for (const message of this.#file.messageType) this.#message(message, scope);
    for (const one of this.#file.enumType) this.#enum(one);
    this.#extensions(this.#file.extension ?? [], scope);
    return `${this.#lines.join("\n")}\n`;
  }

  #importWord(at: number): string {
    if (this.#file.publicDependency?.includes(at)) return "public ";
    return this.#file.weakDependency?.includes(at) ? "weak " : "";
  }

  #line(text: string): void {
    this.#lines.push(text === "" ? "" : `${this.#indent}${text}`);
  }

  /** Lines with an empty one in front. */
  #block(lines: readonly string[]): void {
    if (lines.length === 0) return;
    this.#gap();
    for (const line of lines) this.#line(line);
  }

  /** No gap behind the line that opens something. */
  #gap(): void {
    const last = this.#lines.at(-1);
    if (last !== undefined && last !== "" && !last.endsWith("{")) this.#line("");
  }

  #braces(head: string, inside: () => void): void {
    this.#line(`${head} {`);
    const outer = this.#indent;
    this.#indent = `${outer}  `;
    inside();
    this.#indent = outer;
    if (this.#lines.at(-1) === `${outer}${head} {`) {
      this.#lines[this.#lines.length - 1] = `${outer}${head} {}`;
    } else this.#line("}");
  }

  #comment(element: object): void {
    const { leadingComments, leadingDetachedComments = [] } = this.#comments.get(element) ?? {};
    for (const detached of leadingDetachedComments) {
      this.#commentLines(detached);
      this.#line("");
    }
    if (leadingComments !== undefined) this.#commentLines(leadingComments);
  }

  #commentLines(text: string): void {
    for (const line of text.replace(/\n$/u, "").split("\n")) this.#line(`//${line}`.trimEnd());
  }

  #trailing(element: object): void {
    const { trailingComments } = this.#comments.get(element) ?? {};
    if (trailingComments !== undefined) this.#commentLines(trailingComments);
  }

  #service(service: proto.ServiceDescriptor): void {
    this.#gap();
    this.#comment(service);
    this.#braces(`service ${service.name}`, () => {
      this.#trailing(service);
      for (const line of optionStatements("ServiceOptions", service.options)) this.#line(line);
      for (const method of service.method) this.#method(method);
    });
  }

  #method(method: proto.MethodDescriptor): void {
    const scope = this.#file.package ?? "";
    const input = this.#names.shortest(method.inputType, scope);
    const output = this.#names.shortest(method.outputType, scope);
    const head =
      `rpc ${method.name}(${method.clientStreaming ? "stream " : ""}${input}) ` +
      `returns (${method.serverStreaming ? "stream " : ""}${output})`;
    const options = optionStatements("MethodOptions", method.options);
    this.#comment(method);
    if (options.length === 0) this.#line(`${head};`);
    else {
      this.#braces(head, () => {
        for (const line of options) this.#line(line);
      });
    }
    this.#trailing(method);
  }

  #message(
    message: proto.MessageDescriptor,
    scope: string,
    head = `message ${message.name}`,
  ): void {
    this.#gap();
    this.#comment(message);
    const inner = scope === "" ? message.name : `${scope}.${message.name}`;
    this.#braces(head, () => {
      this.#trailing(message);
      for (const line of optionStatements("MessageOptions", message.options)) this.#line(line);
      this.#reserved(message, (range) => range.end - 1, 0x1fff_ffff);
      for (const { start, end, options } of message.extensionRange ?? []) {
        const compact = compactOptions("ExtensionRangeOptions", options);
        this.#line(`extensions ${rangeText(start, end - 1, 0x1fff_ffff)}${compact};`);
      }
      this.#members(message, inner);
      for (const one of message.enumType) this.#enum(one);
      this.#extensions(message.extension ?? [], inner);
    });
  }

  /** In an order that gives the same lists when it is read again. */
  #members(message: proto.MessageDescriptor, scope: string): void {
    let nested = 0;
    const nestedUpTo = (end: number): void => {
      for (; nested < end; nested += 1) {
        const one = message.nestedType[nested];
        if (one && !isImplied(one, message)) this.#message(one, scope);
      }
    };
    const written = new Set<number>();
    for (const field of message.field) {
      const group = field.oneofIndex;
      if (group === undefined || field.proto3Optional === true) {
        nestedUpTo(impliedAt(field, message, scope));
        this.#field(field, { scope, message });
      } else if (!written.has(group)) {
        written.add(group);
        this.#oneof(group, message, scope);
      }
    }
    nestedUpTo(message.nestedType.length);
  }

  #oneof(at: number, message: proto.MessageDescriptor, scope: string): void {
    const declared = message.oneofDecl[at];
    if (!declared) return;
    this.#gap();
    this.#comment(declared);
    this.#braces(`oneof ${declared.name}`, () => {
      this.#trailing(declared);
      for (const line of optionStatements("OneofOptions", declared.options)) this.#line(line);
      for (const field of message.field) {
        if (field.oneofIndex === at) this.#field(field, { scope, message, bare: true });
      }
    });
  }

  #field(field: proto.FieldDescriptor, { scope, message, bare = false }: FieldPlace): void {
    this.#comment(field);
    const group = field.type === "TYPE_GROUP" ? groupOf(field, message, scope) : undefined;
    const label = bare ? "" : this.#label(field, isMapField(field, message));
    const options = compactOptions("FieldOptions", field.options, this.#pseudoOptions(field));
    if (group) {
      const head = `${label}group ${group.name} = ${field.number}${options}`;
      this.#message(group, scope, head);
      return;
    }
    const type = this.#type(field, message, scope);
    this.#line(`${label}${type} ${field.name} = ${field.number}${options};`);
    this.#trailing(field);
  }

  #type(
    field: proto.FieldDescriptor,
    message: proto.MessageDescriptor | undefined,
    scope: string,
  ): string {
    const entry = message && entryOf(field, message);
    if (!entry) return printedType(field, this.#names, scope);
    const [key, value] = entry.field;
    if (!key || !value) return printedType(field, this.#names, scope);
    const keyText = printedType(key, this.#names, scope);
    return `map<${keyText}, ${printedType(value, this.#names, scope)}>`;
  }

  #label({ label, proto3Optional }: proto.FieldDescriptor, isMap: boolean): string {
    if (isMap) return "";
    if (label === "LABEL_REPEATED") return "repeated ";
    if (label === "LABEL_REQUIRED") return "required ";
    const said = proto3Optional === true || (this.#file.syntax ?? "proto2") === "proto2";
    return said ? "optional " : "";
  }

  #pseudoOptions({
    name,
    jsonName,
    defaultValue,
    type,
    extendee,
  }: proto.FieldDescriptor): string[] {
    const options: string[] = [];
    if (defaultValue !== undefined) {
      const text = type === "TYPE_STRING" ? JSON.stringify(defaultValue) : defaultValue;
      options.push(`default = ${type === "TYPE_BYTES" ? `"${defaultValue}"` : text}`);
    }
    if (jsonName !== undefined && jsonName !== jsonNameOf(name) && extendee === undefined) {
      options.push(`json_name = ${JSON.stringify(jsonName)}`);
    }
    return options;
  }

  #enum(one: proto.EnumDescriptor): void {
    this.#gap();
    this.#comment(one);
    this.#braces(`enum ${one.name}`, () => {
      this.#trailing(one);
      for (const line of optionStatements("EnumOptions", one.options)) this.#line(line);
      this.#reserved(one, (range) => range.end, 0x7fff_ffff);
      for (const value of one.value) {
        this.#comment(value);
        const options = compactOptions("EnumValueOptions", value.options);
        this.#line(`${value.name} = ${value.number}${options};`);
        this.#trailing(value);
      }
    });
  }

  #reserved(
    {
      reservedRange = [],
      reservedName = [],
    }: Pick<proto.MessageDescriptor, "reservedRange" | "reservedName">,
    last: (range: proto.NumberRange) => number,
    max: number,
  ): void {
    if (reservedRange.length > 0) {
      const ranges = reservedRange.map((range) => rangeText(range.start, last(range), max));
      this.#line(`reserved ${ranges.join(", ")};`);
    }
    if (reservedName.length === 0) return;
    const quote = this.#file.syntax === "editions" ? "" : '"';
    this.#line(`reserved ${reservedName.map((name) => `${quote}${name}${quote}`).join(", ")};`);
  }

  #extensions(extensions: readonly proto.FieldDescriptor[], scope: string): void {
    for (const extension of extensions) {
      this.#gap();
      this.#braces(`extend ${this.#names.shortest(extension.extendee ?? "", scope)}`, () => {
        this.#field(extension, { scope, message: undefined });
      });
    }
  }
}

interface FieldPlace {
  readonly scope: string;
  /** Undefined for an extension. */
  readonly message: proto.MessageDescriptor | undefined;
  /** In a oneof no field has a label. */
  readonly bare?: boolean;
}

function rangeText(start: number, last: number, max: number): string {
  if (last >= max) return `${start} to max`;
  return start === last ? `${start}` : `${start} to ${last}`;
}

function entryOf(field: proto.FieldDescriptor, message: proto.MessageDescriptor) {
  if (field.label !== "LABEL_REPEATED" || field.type !== "TYPE_MESSAGE") return undefined;
  return message.nestedType.find(({ name, options }) => {
    return options?.mapEntry === true && field.typeName?.endsWith(`.${message.name}.${name}`);
  });
}

function isMapField(field: proto.FieldDescriptor, message: proto.MessageDescriptor | undefined) {
  return message !== undefined && entryOf(field, message) !== undefined;
}

/** The message that the word `group` declares together with its field. */
function groupOf(
  field: proto.FieldDescriptor,
  message: proto.MessageDescriptor | undefined,
  scope: string,
): proto.MessageDescriptor | undefined {
  return message?.nestedType.find(({ name }) => field.typeName === `.${scope}.${name}`);
}

/** Whether a nested message is written by writing a field. */
function isImplied(nested: proto.MessageDescriptor, message: proto.MessageDescriptor): boolean {
  if (nested.options?.mapEntry === true) return true;
  return message.field.some(({ type, typeName }) => {
    return type === "TYPE_GROUP" && typeName?.endsWith(`.${message.name}.${nested.name}`) === true;
  });
}

/** The place among nested messages of the one that comes with a field; 0 when none does. */
function impliedAt(
  field: proto.FieldDescriptor,
  message: proto.MessageDescriptor,
  scope: string,
): number {
  const implied =
    field.type === "TYPE_GROUP" ? groupOf(field, message, scope) : entryOf(field, message);
  return implied ? message.nestedType.indexOf(implied) : 0;
}
