/** Which files of the package a contract has to carry beside its own. */
import type { FileDescriptor } from "./file-descriptor.ts";
import { walkElements } from "./walk-elements.ts";
import { wellKnownPaths } from "./well-known-protos.ts";

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
