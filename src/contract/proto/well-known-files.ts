/** Files of the package beside those of a contract, brought back to those that it carries. */
import type { FileDescriptor } from "./file-descriptor.ts";
import { linkProtos } from "./link-protos.ts";
import { parseProto } from "./parse-proto.ts";
import type { ParsedFile } from "./parsed-file.ts";
import { wellKnownProto } from "./well-known-protos.ts";

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
