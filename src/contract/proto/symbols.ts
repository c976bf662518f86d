/** Everything that has a name in a set of files, and what a name means where it is written. */
import type {
  EnumDescriptor,
  FieldDescriptor,
  FileDescriptor,
  MessageDescriptor,
} from "./file-descriptor.ts";

export type ProtoSymbol =
  | { readonly kind: "message"; readonly file: string; readonly element: MessageDescriptor }
  | { readonly kind: "enum"; readonly file: string; readonly element: EnumDescriptor }
  | { readonly kind: "field"; readonly file: string; readonly element: FieldDescriptor }
  | { readonly kind: "extension"; readonly file: string; readonly element: FieldDescriptor }
  | { readonly kind: "oneof" | "value" | "service" | "method"; readonly file: string };

/**
 * Characters of a full name. Each is held for everything that is in something else, so that long ones in large files
 * would fill the memory; the longest of googleapis has some 150.
 */
export const fullNameMax = 1000;

/** Both throw. */
export interface NameProblems {
  /** There is one of that name already, in the file `other`. */
  readonly onTaken: (element: object, name: string, other: string) => void;
  readonly onLong: (element: object, name: string) => void;
}

/** Full names without the dot in front. */
export class SymbolTable {
  readonly #symbols = new Map<string, ProtoSymbol>();
  /** The files that are in a package or in one below it. */
  readonly #packages = new Map<string, Set<string>>();
  /** For each file those whose names it may use. */
  readonly #visible = new Map<string, ReadonlySet<string>>();

  /** Puts in every name of a file. */
  add(file: FileDescriptor, { onTaken, onLong }: NameProblems): void {
    const put = (name: string, symbol: ProtoSymbol, element: object): void => {
      if (name.length > fullNameMax) onLong(element, name);
      const [other] = this.#packages.get(name) ?? [this.#symbols.get(name)?.file];
      if (other !== undefined) onTaken(element, name, other);
      this.#symbols.set(name, symbol);
    };
    if ((file.package ?? "").length > fullNameMax) onLong(file, file.package ?? "");
    for (let name = file.package ?? ""; name !== ""; name = parentOf(name)) {
      const taken = this.#symbols.get(name);
      if (taken !== undefined) onTaken(file, name, taken.file);
      const files = this.#packages.get(name) ?? new Set();
      this.#packages.set(name, files.add(file.name));
    }
    addNames(file, put);
  }

  setVisible(file: string, visible: ReadonlySet<string>): void {
    this.#visible.set(file, visible);
  }

  get(fullName: string): ProtoSymbol | undefined {
    return this.#symbols.get(fullName);
  }

  message(fullName: string): MessageDescriptor | undefined {
    const symbol = this.#symbols.get(fullName);
    return symbol?.kind === "message" ? symbol.element : undefined;
  }

  enum(fullName: string): EnumDescriptor | undefined {
    const symbol = this.#symbols.get(fullName);
    return symbol?.kind === "enum" ? symbol.element : undefined;
  }

  /** The file that has it, though it is not imported: for advice. */
  fileOf(fullName: string): string | undefined {
    return this.#symbols.get(fullName)?.file;
  }

  /**
   * The full name that `name` stands for in `scope`: the innermost scope wins that has the first part of it, as in C++.
   */
  resolve(name: string, { file, scope, kinds, strict = false }: NamePlace): string | undefined {
    if (name.length > fullNameMax + 1) return undefined;
    if (name.startsWith(".")) {
      const full = name.slice(1);
      return this.#isVisible(full, file, kinds) ? full : undefined;
    }
    const dot = name.indexOf(".");
    const first = dot === -1 ? name : name.slice(0, dot);
    for (let outer: string | undefined = scope; outer !== undefined; outer = scopeAround(outer)) {
      const found = outer === "" ? first : `${outer}.${first}`;
      if (dot === -1) {
        if (this.#isVisible(found, file, kinds)) return found;
        if (strict && this.#isVisible(found, file, everything)) return undefined;
      } else if (this.#isVisible(found, file, holders) || this.#isPackage(found, file)) {
        const full = found + name.slice(dot);
        return this.#isVisible(full, file, kinds) ? full : undefined;
      }
    }
    return undefined;
  }

  #isVisible(fullName: string, file: string, kinds: readonly string[]): boolean {
    const symbol = this.#symbols.get(fullName);
    if (symbol === undefined || !kinds.includes(symbol.kind)) return false;
    return symbol.file === file || this.#visible.get(file)?.has(symbol.file) === true;
  }

  #isPackage(fullName: string, file: string): boolean {
    const files = this.#packages.get(fullName);
    if (files === undefined) return false;
    const visible = this.#visible.get(file);
    return files.has(file) || (visible !== undefined && !files.isDisjointFrom(visible));
  }
}

export interface NamePlace {
  readonly file: string;
  /** The full name of what the name is written in. */
  readonly scope: string;
  readonly kinds: readonly ProtoSymbol["kind"][];
  /**
   * Whether a name of another kind ends the search in an inner scope. Types of fields look past it, all others do not.
   * @default false
   */
  readonly strict?: boolean;
}

const everything: readonly ProtoSymbol["kind"][] = [
  "message",
  "enum",
  "field",
  "extension",
  "oneof",
  "value",
  "service",
  "method",
];

/** What can have names inside. */
const holders: readonly ProtoSymbol["kind"][] = ["message", "enum", "service"];

export function parentOf(fullName: string): string {
  return fullName.slice(0, Math.max(0, fullName.lastIndexOf(".")));
}

function scopeAround(scope: string): string | undefined {
  return scope === "" ? undefined : parentOf(scope);
}

export function joinName(scope: string, name: string): string {
  return scope === "" ? name : `${scope}.${name}`;
}

type Put = (name: string, symbol: ProtoSymbol, element: object) => void;

function addNames(descriptor: FileDescriptor, put: Put): void {
  const { name: file, package: scope = "" } = descriptor;
  for (const element of descriptor.messageType) addMessage(element, scope, { file, put });
  for (const element of descriptor.enumType) addEnum(element, scope, { file, put });
  for (const element of descriptor.extension ?? []) {
    put(joinName(scope, element.name), { kind: "extension", file, element }, element);
  }
  for (const service of descriptor.service) {
    const name = joinName(scope, service.name);
    put(name, { kind: "service", file }, service);
    for (const method of service.method) {
      put(joinName(name, method.name), { kind: "method", file }, method);
    }
  }
}

interface Target {
  readonly file: string;
  readonly put: Put;
}

function addMessage(message: MessageDescriptor, scope: string, target: Target): void {
  const { file, put } = target;
  const name = joinName(scope, message.name);
  put(name, { kind: "message", file, element: message }, message);
  for (const element of message.field) {
    put(joinName(name, element.name), { kind: "field", file, element }, element);
  }
  for (const oneof of message.oneofDecl) {
    put(joinName(name, oneof.name), { kind: "oneof", file }, oneof);
  }
  for (const element of message.extension ?? []) {
    put(joinName(name, element.name), { kind: "extension", file, element }, element);
  }
  for (const nested of message.nestedType) addMessage(nested, name, target);
  for (const nested of message.enumType) addEnum(nested, name, target);
}

function addEnum(element: EnumDescriptor, scope: string, { file, put }: Target): void {
  put(joinName(scope, element.name), { kind: "enum", file, element }, element);
  // Values are siblings of their enum, as in C.
  for (const value of element.value) {
    put(joinName(scope, value.name), { kind: "value", file }, value);
  }
}
