/** The `.proto` files of a server's services, as reflection hands them out. */
import type { ContractDescriptor } from "../../contract/descriptor.ts";
import { encodeFileDescriptor } from "../../contract/proto/descriptor-bytes.ts";
import type {
  FieldDescriptor,
  FileDescriptor,
  MessageDescriptor,
} from "../../contract/proto/file-descriptor.ts";
import { fileDescriptorsOf } from "../../contract/proto/file-descriptors-of.ts";
import { withWellKnownFiles } from "../../contract/proto/well-known-files.ts";
import { missingNumber } from "../../contract/numbers/missing-number.ts";
import { ReefError } from "../../core/errors.ts";

interface PooledFile {
  readonly file: FileDescriptor;
  readonly bytes: Uint8Array;
}

interface Extension {
  readonly field: FieldDescriptor;
  /** Where it is declared. */
  readonly file: string;
}

export class DescriptorPool {
  readonly #contracts: () => ReadonlyMap<string, ContractDescriptor>;
  /** Made when somebody asks: few servers are ever asked. */
  #files: ReadonlyMap<string, PooledFile> | undefined;
  #symbols: ReadonlyMap<string, string> | undefined;
  #extensions: readonly Extension[] | undefined;

  /** Contracts by the full names of their services, complete when the first question comes. */
  constructor(contracts: () => ReadonlyMap<string, ContractDescriptor>) {
    this.#contracts = contracts;
  }

  /** Full names of the services that protobuf can be spoken with. */
  get services(): string[] {
    return [...this.#contracts()]
      .filter(([, descriptor]) => missingNumber(descriptor) === undefined)
      .map(([name]) => name)
      .toSorted();
  }

  /**
   * The file in which this is declared, and those that it imports.
   * @throws {ReefError} `not_found`
   */
  filesOfSymbol(symbol: string): Uint8Array[] {
    this.#symbols ??= symbolsOf(this.#all());
    const name = this.#symbols.get(symbol);
    if (name === undefined) throw notFound(`the symbol ${symbol}`);
    return this.filesOf(name);
  }

  /**
   * The file that extends `type` by the field `number`, and those that it imports.
   * @throws {ReefError} `not_found`
   */
  filesOfExtension(type: string, number: number): Uint8Array[] {
    const found = this.#extensionsOf(type).find((each) => each.field.number === number);
    if (!found) throw notFound(`the extension ${number} of ${type}`);
    return this.filesOf(found.file);
  }

  /**
   * By which fields `type` is extended.
   * @throws {ReefError} `not_found` for a type that nobody here has
   */
  extensionNumbersOf(type: string): number[] {
    this.#symbols ??= symbolsOf(this.#all());
    if (!this.#symbols.has(type)) throw notFound(`the type ${type}`);
    return this.#extensionsOf(type)
      .map(({ field }) => field.number)
      .toSorted((a, b) => a - b);
  }

  #extensionsOf(type: string): Extension[] {
    this.#extensions ??= extensionsIn(this.#all());
    return this.#extensions.filter(({ field }) => field.extendee === `.${type}`);
  }

  /**
   * A file, and those that it imports.
   * @throws {ReefError} `not_found`
   */
  filesOf(name: string): Uint8Array[] {
    const files = this.#all();
    if (!files.has(name)) throw notFound(`the file ${name}`);
    const found = new Map<string, Uint8Array>();
    const waiting = [name];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const pooled = files.get(next);
      // An import that nobody here has, and that its own file can be read without.
      if (!pooled || found.has(next)) continue;
      found.set(next, pooled.bytes);
      waiting.push(...pooled.file.dependency);
    }
    return [...found.values()];
  }

  #all(): ReadonlyMap<string, PooledFile> {
    if (this.#files) return this.#files;
    const files = new Map<string, PooledFile>();
    const names = new Set(this.services);
    for (const [name, descriptor] of this.#contracts()) {
      if (!names.has(name)) continue;
      // Those of Google's own that are imported, too: not every client has them.
      for (const file of withWellKnownFiles(fileDescriptorsOf(descriptor))) {
        if (!files.has(file.name))
          files.set(file.name, { file, bytes: encodeFileDescriptor(file) });
      }
    }
    return (this.#files = files);
  }
}

/** Full names of what files declare, with the file. */
function symbolsOf(files: ReadonlyMap<string, PooledFile>): Map<string, string> {
  const symbols = new Map<string, string>();
  for (const { file } of files.values()) {
    const scope = file.package === undefined || file.package === "" ? "" : `${file.package}.`;
    const add = (name: string) => void symbols.set(name, file.name);
    for (const { name, method } of file.service) {
      add(`${scope}${name}`);
      for (const { name: one } of method) add(`${scope}${name}.${one}`);
    }
    for (const { name } of file.enumType) add(`${scope}${name}`);
    for (const message of file.messageType) addMessage(message, scope, add);
  }
  return symbols;
}

function extensionsIn(files: ReadonlyMap<string, PooledFile>): Extension[] {
  return [...files.values()].flatMap(({ file }) => {
    const fields = [...(file.extension ?? []), ...file.messageType.flatMap(nestedExtensions)];
    return fields.map((field) => ({ field, file: file.name }));
  });
}

function nestedExtensions({ extension = [], nestedType }: MessageDescriptor): FieldDescriptor[] {
  return [...extension, ...nestedType.flatMap(nestedExtensions)];
}

function addMessage(message: MessageDescriptor, scope: string, add: (name: string) => void): void {
  const name = `${scope}${message.name}`;
  add(name);
  for (const { name: nested } of message.enumType) add(`${name}.${nested}`);
  for (const nested of message.nestedType) addMessage(nested, `${name}.`, add);
}

function notFound(what: string): ReefError {
  return new ReefError("not_found", `Cannot find ${what}: no service here has it`);
}
