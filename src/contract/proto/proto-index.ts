/** Linked files by the names of what is in them, with what is said about each and how it behaves. */
import { resolveFeatures, type ResolvedFeatures } from "./features.ts";
import type * as proto from "./file-descriptor.ts";
import { elementsOf } from "./source-comments.ts";

export class ProtoIndex {
  readonly files: readonly proto.FileDescriptor[];
  readonly #messages = new Map<string, proto.MessageDescriptor>();
  readonly #enums = new Map<string, proto.EnumDescriptor>();
  readonly #services = new Map<string, proto.ServiceDescriptor>();
  readonly #features = new Map<object, ResolvedFeatures>();
  readonly #comments = new Map<object, string>();

  constructor(files: readonly proto.FileDescriptor[]) {
    this.files = files;
    for (const file of files) {
      const { package: scope = "", messageType, enumType, service } = file;
      for (const [element, features] of resolveFeatures(file))
        this.#features.set(element, features);
      this.#readComments(file);
      for (const message of messageType) this.#addMessage(message, scope);
      for (const one of enumType) this.#enums.set(joined(scope, one.name), one);
      for (const one of service) this.#services.set(joined(scope, one.name), one);
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

  features(element: object): ResolvedFeatures | undefined {
    return this.#features.get(element);
  }

  /** What its author wrote in front of it or behind it. */
  description(element: object): { readonly description?: string } {
    const description = this.#comments.get(element);
    return description === undefined ? {} : { description };
  }

  #addMessage(message: proto.MessageDescriptor, scope: string): void {
    const name = joined(scope, message.name);
    this.#messages.set(name, message);
    for (const one of message.enumType) this.#enums.set(joined(name, one.name), one);
    for (const nested of message.nestedType) this.#addMessage(nested, name);
  }

  /** Those of protobuf's own files are pages about protobuf, in every language but ours. */
  #readComments(file: proto.FileDescriptor): void {
    if (file.name.startsWith("google/protobuf/")) return;
    const locations = new Map(file.sourceCodeInfo?.location.map((at) => [at.path.join(), at]));
    for (const { element, path } of elementsOf(file)) {
      const { leadingComments, trailingComments } = locations.get(path.join()) ?? {};
      const text = (leadingComments ?? trailingComments)?.trim();
      if (text === undefined || text === "") continue;
      const lines = text.split("\n").map((line) => line.trim());
      this.#comments.set(element, lines.join("\n"));
    }
  }
}

function joined(scope: string, name: string): string {
  return scope === "" ? name : `${scope}.${name}`;
}
