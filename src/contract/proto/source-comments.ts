/** Comments of elements, which `SourceCodeInfo` has by the way from the file down to the element. */
import type { FileDescriptor, SourceCodeInfo, SourceLocation } from "./file-descriptor.ts";
import { walkElements } from "./walk-elements.ts";

/** What is known of the source of each element that has a place in it. */
export function elementLocations(file: FileDescriptor): Map<object, SourceLocation> {
  const locations = new Map(file.sourceCodeInfo?.location.map((at) => [at.path.join(), at]));
  const found = new Map<object, SourceLocation>();
  if (locations.size === 0) return found;
  for (const { element, path } of walkElements(file)) {
    const location = locations.get(path.join());
    if (location) found.set(element, location);
  }
  return found;
}

/** The comments of a file that nobody wrote; there are no lines that they could stand in. */
export function sourceComments(
  file: FileDescriptor,
  comments: ReadonlyMap<object, string>,
): SourceCodeInfo {
  const location = [...walkElements(file)].flatMap(({ element, path }) => {
    const text = comments.get(element);
    if (text === undefined) return [];
    const lines = text.split(/\r?\n/u).map((line) => ` ${line}`.trimEnd());
    return [{ path: [...path], span: [0, 0, 0], leadingComments: `${lines.join("\n")}\n` }];
  });
  return { location };
}
