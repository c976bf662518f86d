/** Parsed files to descriptors that name each other: what `buf build` and `protoc` write. */
import { builtinFile } from "./builtin-file.ts";
import { checkFile } from "./check-file.ts";
import type { ResolvedFeatures } from "./features.ts";
import type { FileDescriptor } from "./file-descriptor.ts";
import { LinkContext } from "./link-context.ts";
import { linkNames } from "./link-names.ts";
import { linkOptions } from "./link-options.ts";
import type { ParsedFile } from "./parsed-file.ts";
import { sourceCodeInfo } from "./source-info.ts";
import { fullNameMax, SymbolTable } from "./symbols.ts";
import { addSyntheticOneofs } from "./synthetic-oneofs.ts";

export interface LinkOptions {
  /**
   * Whether the descriptors say where everything stands, with its comments.
   * @default true
   */
  readonly sourceInfo?: boolean;
}

/**
 * Links files whose imports are all among them, each behind those that it imports; the answer is in the same order.
 * @throws {ReefError} `invalid_argument` with the place of the first thing that is wrong
 */
export function linkProtos(
  files: readonly ParsedFile[],
  { sourceInfo = true }: LinkOptions = {},
): FileDescriptor[] {
  const symbols = new SymbolTable();
  const extensions = new Map<string, string>();
  const contexts = files.map((parsed) => new LinkContext(parsed, symbols, extensions));
  const builtin = new SymbolTable();
  builtin.add(builtinFile(), { onTaken() {}, onLong() {} });
  const exported = new Map<string, ReadonlySet<string>>();
  for (const context of contexts) {
    setVisible(context, exported);
    addSyntheticOneofs(context);
    symbols.add(context.file, {
      onTaken(element, name, other) {
        const where = other === context.file.name ? "in this file" : `by ${other}`;
        const rule = `expected a name that is not taken, found "${name}", which is declared ${where}`;
        throw context.refuseElement(element, rule, "rename one of the two");
      },
      onLong(element, { length }) {
        const rule = `expected full names of at most ${fullNameMax} characters, found one of ${length}`;
        throw context.refuseElement(element, rule, "shorten it");
      },
    });
  }
  for (const context of contexts) linkNames(context);
  const features = new Map<object, ResolvedFeatures>();
  return contexts.map((context) => {
    const paths = linkOptions(context, { builtin, features });
    checkFile(context, features);
    if (sourceInfo) context.file.sourceCodeInfo = sourceCodeInfo(context.parsed, paths);
    return context.file;
  });
}

/** A file sees what it imports, and what these import publicly. */
function setVisible(
  { file, symbols }: LinkContext,
  exported: Map<string, ReadonlySet<string>>,
): void {
  const reexported = new Set<string>();
  const visible = new Set<string>();
  for (const [index, path] of file.dependency.entries()) {
    const isPublic = file.publicDependency?.includes(index) === true;
    for (const one of [path, ...(exported.get(path) ?? [])]) {
      visible.add(one);
      if (isPublic) reexported.add(one);
    }
  }
  exported.set(file.name, reexported);
  symbols.setVisible(file.name, visible);
}
