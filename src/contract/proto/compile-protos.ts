/** A `.proto` file and all that it imports to linked descriptors. */
import { ReefError } from "../../core/errors.ts";
import type { FileDescriptor } from "./file-descriptor.ts";
import { linkProtos, type LinkOptions } from "./link-protos.ts";
import { parseProto } from "./parse-proto.ts";
import type { ParsedFile } from "./parsed-file.ts";
import { protoError, protoLimitError } from "./proto-error.ts";
import { wellKnownProto } from "./well-known-protos.ts";

/**
 * Files of one compilation, imports of imports among them. The whole of googleapis has some 8,000 that need not each
 * other.
 */
export const filesMax = 2000;

/** Of all their texts together, in UTF-16 units. */
export const totalLengthMax = 64 * 1024 * 1024;

/** The text of a file by the path of its import, or undefined when there is none. */
export type ReadProto = (path: string) => Promise<string | undefined> | string | undefined;

/**
 * The linked descriptors of `entry` and of everything that it imports, each behind those that it imports; that of
 * `entry` is the last. What `read` does not know of google/protobuf, google/api and google/rpc is known anyway.
 * @throws {ReefError} `invalid_argument` with file, line, column and what was expected; `not_found` without an entry
 */
export async function compileProtos(
  entry: string,
  read: ReadProto,
  options: LinkOptions = {},
): Promise<FileDescriptor[]> {
  const ordered: ParsedFile[] = [];
  const done = new Set<string>();
  const first = await open(entry, read);
  if (first === undefined) {
    throw new ReefError(
      "not_found",
      `Cannot read "${entry}": there is no such file; check the path`,
    );
  }
  // By hand and not by recursion: a chain of imports is as long as its author likes.
  const stack: Visit[] = [{ file: first, next: 0 }];
  let totalLength = first.source.text.length;
  for (let visit = stack.at(-1); visit !== undefined; visit = stack.at(-1)) {
    const { file } = visit;
    const path = file.descriptor.dependency[visit.next];
    if (path === undefined) {
      stack.pop();
      done.add(file.descriptor.name);
      ordered.push(file);
      continue;
    }
    visit.next += 1;
    if (done.has(path)) continue;
    const token = file.imports[visit.next - 1];
    const offset = token?.start ?? 0;
    const around = stack.findIndex((one) => one.file.descriptor.name === path);
    if (around !== -1) {
      const circle = [...stack.slice(around).map((one) => one.file.descriptor.name), path];
      throw protoError({
        source: file.source,
        offset,
        rule: `expected imports without a circle, found ${circle.map((name) => `"${name}"`).join(" -> ")}`,
        advice: "move what both need into a third file",
      });
    }
    const imported = await open(path, read);
    if (imported === undefined) {
      throw protoError({
        source: file.source,
        offset,
        rule: `expected the path of a file, found "${path}", which is not there`,
        advice: "correct the path, which starts at the root of your .proto files",
      });
    }
    totalLength += imported.source.text.length;
    if (done.size + stack.length >= filesMax || totalLength > totalLengthMax) {
      const rule = `it may need at most ${filesMax} files and ${totalLengthMax} characters`;
      throw protoLimitError(entry, rule);
    }
    stack.push({ file: imported, next: 0 });
  }
  return linkProtos(ordered, options);
}

interface Visit {
  readonly file: ParsedFile;
  next: number;
}

async function open(path: string, read: ReadProto): Promise<ParsedFile | undefined> {
  const text = (await read(path)) ?? wellKnownProto(path);
  return text === undefined ? undefined : parseProto(text, { file: path });
}
