/** How a type is called from inside a scope: as shortly as protobuf finds it. */
import type { FileDescriptor, MessageDescriptor } from "../file-descriptor.ts";
import { joinName } from "../symbols.ts";

export class TypeNames {
  /** Every package, message, enum, service and method by its full name. */
  readonly #known = new Set<string>();

  constructor(files: readonly FileDescriptor[]) {
    for (const { package: scope = "", messageType, enumType, service } of files) {
      const parts = scope === "" ? [] : scope.split(".");
      parts.forEach((_, at) => this.#known.add(parts.slice(0, at + 1).join(".")));
      for (const { name } of [...enumType, ...service]) this.#known.add(joinName(scope, name));
      // A type of a method is not found past a method of that name.
      for (const { name, method } of service) {
        for (const each of method) this.#known.add(joinName(joinName(scope, name), each.name));
      }
      for (const message of messageType) this.#addMessage(message, scope);
    }
  }

  #addMessage(message: MessageDescriptor, scope: string): void {
    const name = joinName(scope, message.name);
    this.#known.add(name);
    for (const { name: inner } of message.enumType) this.#known.add(joinName(name, inner));
    for (const nested of message.nestedType) this.#addMessage(nested, name);
  }

  /** `typeName` begins with a dot. */
  shortest(typeName: string, scope: string): string {
    const full = typeName.replace(/^\./u, "");
    const parts = full.split(".");
    for (let length = 1; length <= parts.length; length += 1) {
      const candidate = parts.slice(-length).join(".");
      if (this.#find(candidate, scope) === full) return candidate;
    }
    return `.${full}`;
  }

  /** The name of an extension between parentheses: the full one, for everybody calls them so. */
  option(full: string, scope: string): string {
    return this.#find(full, scope) === full ? full : `.${full}`;
  }

  /** As protobuf looks it up: the innermost scope that has the first part decides. */
  #find(name: string, scope: string): string | undefined {
    const [first = ""] = name.split(".");
    for (let at: string | undefined = scope; at !== undefined; at = outer(at)) {
      if (!this.#known.has(joinName(at, first))) continue;
      return joinName(at, name);
    }
    // A package of a file that is not here is found from the root.
    return scope.split(".")[0] === first ? undefined : name;
  }
}

function outer(scope: string): string | undefined {
  if (scope === "") return undefined;
  const dot = scope.lastIndexOf(".");
  return dot === -1 ? "" : scope.slice(0, dot);
}
