/** Linked files by the names of what is in them, with what is said about each and how it behaves. */
import { resolveFeatures, type ResolvedFeatures } from "./features.ts";
import type * as proto from "./file-descriptor.ts";
import { elementLocations } from "./source-comments.ts";
import { joinName } from "./symbols.ts";

export class ProtoIndex {
  readonly files: readonly proto.FileDescriptor[];
  readonly #messages = new Map<string, proto.MessageDescriptor>();
  readonly #enums = new Map<string, proto.EnumDescriptor>();
  readonly #services = new Map<string, proto.ServiceDescriptor>();
  readonly #features = new Map<object, ResolvedFeatures>();
  readonly #comments = new Map<object, string>();
  /** By what they extend, and by number. */
  readonly #extensions = new Map<string, proto.FieldDescriptor>();
  readonly #extensionNames = new Map<object, string>();

  constructor(files: readonly proto.FileDescriptor[]) {
    this.files = files;
    for (const file of files) {
      const { package: scope = "", messageType, enumType, service } = file;
      for (const [element, features] of resolveFeatures(file))
        this.#features.set(element, features);
      this.#readComments(file);
      for (const message of messageType) this.#addMessage(message, scope);
      this.#addExtensions(file.extension, scope);
      for (const one of enumType) this.#enums.set(joinName(scope, one.name), one);
      for (const one of service) this.#services.set(joinName(scope, one.name), one);
    }
  }

  /** Full names, in the order of the files. */
  get services(): string[] {
    return [...this.#services.keys()];
  }

  /** Full names, without the entries of maps. */
  get messages(): string[] {
    return [...this.#messages].flatMap(([name, { options }]) => (options?.mapEntry ? [] : [name]));
  }

  service(name: string): proto.ServiceDescriptor | undefined {
    return this.#services.get(name);
  }

  message(name: string): proto.MessageDescriptor | undefined {
    return this.#messages.get(name);
  }

  enum(name: string): proto.EnumDescriptor | undefined {
    return this.#enums.get(name);
  }

  /** `extended` is a full name without a dot in front. */
  extension(extended: string, number: number): proto.FieldDescriptor | undefined {
    return this.#extensions.get(`${extended} ${number}`);
  }

  /** The full name of an extension. */
  extensionName(field: proto.FieldDescriptor): string {
    return this.#extensionNames.get(field) ?? field.name;
  }

  features(element: object): ResolvedFeatures | undefined {
    return this.#features.get(element);
  }

  /** What its author wrote in front of it or behind it. */
  description(element: object): { readonly description?: string } {
    const description = this.#comments.get(element);
    return description === undefined ? {} : { description };
  }

  #addMessage(message: proto.MessageDescriptor, scope: string): void {
    const name = joinName(scope, message.name);
    this.#messages.set(name, message);
    this.#addExtensions(message.extension, name);
    for (const one of message.enumType) this.#enums.set(joinName(name, one.name), one);
    for (const nested of message.nestedType) this.#addMessage(nested, name);
  }

  #addExtensions(extensions: readonly proto.FieldDescriptor[] = [], scope: string): void {
    for (const field of extensions) {
      this.#extensions.set(`${field.extendee?.slice(1)} ${field.number}`, field);
      this.#extensionNames.set(field, joinName(scope, field.name));
    }
  }

  /** Those of protobuf's own files are pages about protobuf, in every language but ours. */
  #readComments(file: proto.FileDescriptor): void {
    if (file.name.startsWith("google/protobuf/")) return;
    for (const [element, { leadingComments, trailingComments }] of elementLocations(file)) {
      const text = (leadingComments ?? trailingComments)?.trim();
      if (text === undefined || text === "") continue;
      const lines = text.split("\n").map((line) => line.trim());
      this.#comments.set(element, lines.join("\n"));
    }
  }
}
