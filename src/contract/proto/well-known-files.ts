/** Files of the package beside those of a contract: which of them it has to carry, and how the others come back. */
import type { FileDescriptor } from "./file-descriptor.ts";
import { linkProtos } from "./link-protos.ts";
import { parseProto } from "./parse-proto.ts";
import type { ParsedFile } from "./parsed-file.ts";
import { walkElements } from "./walk-elements.ts";
import { wellKnownPaths, wellKnownProto } from "./well-known-protos.ts";

/** The files with those that come with the package and that they import, each behind what it imports. */
export function withWellKnownFiles(files: readonly FileDescriptor[]): FileDescriptor[] {
  const given = new Set(files.map(({ name }) => name));
  const imported = new Set(files.flatMap(({ dependency }) => dependency));
  if ([...imported].every((path) => given.has(path))) return [...files];
  const parsed = new Map<string, ParsedFile>();
  const add = (path: string): void => {
    const text = parsed.has(path) ? undefined : wellKnownProto(path);
    if (text === undefined) return;
    const file = parseProto(text, { file: path });
    // They import each other, without a circle, and nothing else.
    for (const each of file.descriptor.dependency) add(each);
    parsed.set(path, file);
  };
  for (const path of imported) if (!given.has(path)) add(path);
  const linked = linkProtos([...parsed.values()], { sourceInfo: false });
  return [...linked.filter(({ name }) => !given.has(name)), ...files];
}

/**
 * The files without those of the package of which no message uses a type: what is imported for options alone, and
 * descriptor.proto is larger than most contracts. `withWellKnownFiles` brings them back.
 */
export function withoutOptionFiles(files: readonly FileDescriptor[]): FileDescriptor[] {
  const left = new Map(files.map((file) => [file.name, file]));
  // From the last to the first: whoever imports a file stands behind it.
  for (const file of files.toReversed()) {
    // Of google/rpc there may be details of errors in an Any, which names no type.
    if (!wellKnownPaths.includes(file.name) || file.name.startsWith("google/rpc/")) continue;
    left.delete(file.name);
    if ([...left.values()].some((other) => usesTypeOf(other, file))) left.set(file.name, file);
  }
  return files.filter(({ name }) => left.has(name));
}

/** Types of fields and of methods; that an extension extends a message does not need it. */
function usesTypeOf(
  user: FileDescriptor,
  { package: scope = "", ...used }: FileDescriptor,
): boolean {
  const names = [...used.messageType, ...used.enumType].map(({ name }) => `.${scope}.${name}`);
  const isUsed = (type = "") => names.some((name) => type === name || type.startsWith(`${name}.`));
  // An element of another kind has none of these.
  return [...walkElements(user)].some(({ element }) => {
    const { typeName, inputType, outputType } = element as Partial<Record<string, string>>;
    return [typeName, inputType, outputType].some((type) => isUsed(type));
  });
}
