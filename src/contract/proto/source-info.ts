/** Where everything stands, with its comments, in the order and the manner of `buf build`. */
import { attachComments, type Attached } from "./comments.ts";
import type { SourceCodeInfo, SourceLocation } from "./file-descriptor.ts";
import type { OptionPaths } from "./link-options.ts";
import type { LocationNote, OptionNode, ParsedFile, Span } from "./parsed-file.ts";
import { TextPlaces } from "./text-places.ts";

export function sourceCodeInfo(parsed: ParsedFile, options: OptionPaths): SourceCodeInfo {
  const { source, tokens, locations } = parsed;
  const places = new TextPlaces(source.text);
  const comments = attachComments({ text: source.text, places }, tokens);
  const all: SourceLocation[] = [];
  const push = (path: number[], { first, last }: Span, attached: readonly number[] = []): void => {
    const [start, end] = [tokens[first]?.start ?? 0, tokens[last]?.end ?? 0];
    all.push({ path, span: places.span(start, end), ...commentsOf(comments, attached) });
  };
  for (const note of locations) {
    const { path, options: nodes, comments: attached } = note;
    if (nodes === undefined) push([...path], note, attached);
    else pushOptions(note, nodes, { options, push });
  }
  all.sort((a, b) => compareSpans(a.span, b.span));
  const whole = places.span(tokens[0]?.start ?? 0, tokens.at(-2)?.end ?? 0);
  return { location: [{ path: [], span: whole }, ...all] };
}

interface OptionTarget {
  readonly options: OptionPaths;
  readonly push: (path: number[], span: Span, attached?: readonly number[]) => void;
}

function pushOptions(
  note: LocationNote,
  nodes: readonly OptionNode[],
  { options, push }: OptionTarget,
): void {
  const real = nodes.filter((node) => options.paths.has(node));
  if (real.length > 0) push([...note.path], note);
  for (const node of real) {
    for (const place of options.paths.get(node) ?? []) {
      // The statement with its comments stands for a value; a literal that fills one message stands for itself.
      const { statement, value } = node;
      const path = [...note.path, ...place.path];
      const literal = value.kind === "message" && !place.repeated;
      if (statement === undefined || literal || !place.whole) push(path, place);
      else push(path, statement, [statement.first, statement.last]);
    }
  }
  for (const node of nodes) {
    const number = options.pseudo.get(node);
    if (number !== undefined) push([...note.path.slice(0, -1), number], node);
  }
}

/** In front of the first token, and behind the sign that ends it. */
function commentsOf(
  comments: ReadonlyMap<number, Attached>,
  [first, last]: readonly number[],
): Partial<SourceLocation> {
  if (first === undefined || last === undefined) return {};
  const { leading, detached } = comments.get(first) ?? {};
  const { trailing } = comments.get(last) ?? {};
  return {
    ...(leading !== undefined && { leadingComments: leading }),
    ...(trailing !== undefined && { trailingComments: trailing }),
    ...(detached !== undefined && { leadingDetachedComments: [...detached] }),
  };
}

function compareSpans(a: readonly number[], b: readonly number[]): number {
  for (const [index, value] of a.entries()) {
    const other = b[index];
    if (other === undefined) return 1;
    if (value !== other) return value - other;
  }
  return a.length - b.length;
}
