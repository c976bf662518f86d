/**
 * Which comment belongs to which word: in front of it, behind it on the line, or near it with an empty line between.
 * The rules are those of `buf`, which are nearly those of protoc.
 */
import type { TextPlaces } from "./text-places.ts";
import type { Comment, Token } from "./tokenizer.ts";

export interface Attached {
  readonly leading?: string;
  readonly trailing?: string;
  readonly detached?: readonly string[];
}

/** Line comments on lines that follow each other, or one block comment. */
interface Paragraph {
  text: string;
  readonly start: number;
  end: number;
  readonly block: boolean;
  /** A line comment behind a token. */
  readonly sameLine: boolean;
}

export interface CommentedText {
  readonly text: string;
  readonly places: TextPlaces;
}

/** By the place of a token in the list. */
export function attachComments(
  source: CommentedText,
  tokens: readonly Token[],
): ReadonlyMap<number, Attached> {
  const attached = new Map<number, Attached>();
  const attach = (index: number, comments: Attached): void => {
    attached.set(index, { ...attached.get(index), ...comments });
  };
  for (const [index, token] of tokens.entries()) {
    if (token.comments === undefined) continue;
    const around = { previous: tokens[index - 1], token, after: tokens[index + 1] ?? token };
    const paragraphs = paragraphsOf(source, token.comments, around);
    if (isTrailing(source, paragraphs, around)) {
      const first = paragraphs.shift();
      if (first !== undefined) attach(index - 1, { trailing: first.text });
    }
    const last = paragraphs.at(-1);
    if (last !== undefined && newlines(source, contentEnd(last), token.start) === 1) {
      attach(index, { leading: last.text });
      paragraphs.pop();
    }
    const detached = detachedOf(source, paragraphs, around);
    if (detached.length > 0) attach(index, { detached });
  }
  return attached;
}

interface Around {
  readonly previous: Token | undefined;
  readonly token: Token;
  readonly after: Token;
}

function paragraphsOf(
  source: CommentedText,
  comments: readonly Comment[],
  { previous }: Around,
): Paragraph[] {
  const { text } = source;
  const paragraphs: Paragraph[] = [];
  let open: Paragraph | undefined;
  for (const { start, end, block } of comments) {
    const sameLine = previous !== undefined && newlines(source, previous.end, start) === 0;
    if (block) {
      open = undefined;
      const content = blockText(text.slice(start, end));
      paragraphs.push({ text: content, start, end, block, sameLine: false });
      continue;
    }
    const line = text.slice(start + 2, end);
    if (!sameLine && open !== undefined && newlines(source, open.end, start) === 0) {
      open.text += line;
      open.end = end;
    } else {
      open = { text: line, start, end, block, sameLine };
      paragraphs.push(open);
    }
    if (sameLine) open = undefined;
    else if (text[end] === "\n") {
      open.text += "\n";
      open.end = end + 1;
    }
  }
  return paragraphs;
}

/** Whether the first paragraph belongs to the token in front of it. */
function isTrailing(
  source: CommentedText,
  paragraphs: readonly Paragraph[],
  { previous, token }: Around,
): boolean {
  const [first] = paragraphs;
  if (first === undefined || previous === undefined) return false;
  if (paragraphs.some(({ sameLine }) => sameLine)) return true;
  if (newlines(source, previous.end, first.start) >= 2) return false;
  if (paragraphs.length > 1) return true;
  if (["}", ")", "]"].includes(token.text)) return true;
  return newlines(source, contentEnd(first), token.start) > 1;
}

/** From the first on that has an empty line in front; behind it, buf counts up to the second token. */
function detachedOf(
  source: CommentedText,
  paragraphs: readonly Paragraph[],
  { previous, after }: Around,
): string[] {
  // What stands first inside of braces has nothing in front that it could belong to.
  const isFirst = previous === undefined || ["{", "(", "["].includes(previous.text);
  const from = paragraphs.findIndex((one) => {
    if (!isFirst && newlines(source, previous.end, one.start) < 2) return false;
    return newlines(source, contentEnd(one), after.start) >= 2;
  });
  return from === -1 ? [] : paragraphs.slice(from).map(({ text }) => text);
}

/** The newline that ends a line comment is a part of its text, and counts as one that follows it. */
function contentEnd({ end, text, block }: Paragraph): number {
  return !block && text.endsWith("\n") ? end - 1 : end;
}

function newlines({ places }: CommentedText, start: number, end: number): number {
  return places.lineOf(end) - places.lineOf(start);
}

/** Without the signs of the comment and the stars that begin its lines. */
function blockText(comment: string): string {
  return comment
    .slice(2, -2)
    .split("\n")
    .map((line, index) => {
      if (index === 0) return line;
      const trimmed = line.trimStart();
      return trimmed.startsWith("*") ? trimmed.slice(1) : trimmed;
    })
    .join("\n");
}
