/** What options are made of: the messages of descriptor.proto from our table, all others from the files. */
import type { EnumDescriptor, FieldDescriptor, MessageDescriptor } from "./file-descriptor.ts";
import type { LinkContext } from "./link-context.ts";
import type { SymbolTable } from "./symbols.ts";

export class OptionTypes {
  readonly #context: LinkContext;
  /** In front of the files: these may have a descriptor.proto that is older than we are. */
  readonly #builtin: SymbolTable;

  // Looked up again and again: a list of a hundred thousand must not be walked each time.
  readonly #fields = new Map<MessageDescriptor, ReadonlyMap<string, FieldDescriptor>>();
  readonly #values = new Map<EnumDescriptor, ReadonlyMap<string, number>>();

  constructor(context: LinkContext, builtin: SymbolTable) {
    this.#context = context;
    this.#builtin = builtin;
  }

  /** By its full name, with or without a dot in front. */
  message(name: string): MessageDescriptor | undefined {
    const full = name.replace(/^\./, "");
    return this.#builtin.message(full) ?? this.#context.symbols.message(full);
  }

  field(type: MessageDescriptor, name: string): FieldDescriptor | undefined {
    let fields = this.#fields.get(type);
    if (fields === undefined) {
      fields = new Map(type.field.map((field) => [field.name, field]));
      this.#fields.set(type, fields);
    }
    return fields.get(name);
  }

  /** The numbers of the values of a field, when it is an enum. */
  enumValues({ type, typeName }: FieldDescriptor): ReadonlyMap<string, number> | undefined {
    if (type !== "TYPE_ENUM" || typeName === undefined) return undefined;
    const full = typeName.slice(1);
    const element = this.#builtin.enum(full) ?? this.#context.symbols.enum(full);
    if (element === undefined) return undefined;
    let values = this.#values.get(element);
    if (values === undefined) {
      values = new Map(element.value.map(({ name, number }) => [name, number]));
      this.#values.set(element, values);
    }
    return values;
  }

  /** An extension of `extended`, by a name as it is written in `scope`. */
  extension(name: string, extended: string, scope: string): FieldDescriptor | undefined {
    const { symbols, file } = this.#context;
    const full = symbols.resolve(name, { file: file.name, scope, kinds: ["extension"] });
    const symbol = full === undefined ? undefined : symbols.get(full);
    if (symbol?.kind !== "extension") return undefined;
    return symbol.element.extendee === `.${extended}` ? symbol.element : undefined;
  }
}
