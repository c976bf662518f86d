/** Where functions begin and end, read from braces. */
import { lineAt, type Source } from "./source.ts";

export interface FunctionSpan {
  /** As far as the text before the body says it; `anonymous` otherwise. */
  readonly name: string;
  readonly line: number;
  /** Lines from the first to the last, without those of functions inside it, as a class does not count its methods. */
  readonly ownLines: number;
}

interface Block {
  readonly head: string;
  readonly line: number;
  innerLines: number;
}

/** A block with parentheses before it which is not a function. */
const controlled = /^\s*(?:\}\s*)?(?:else\b|if\b|for\b|while\b|switch\b|catch\b|with\b|do\b)/;

/** Parameters, then perhaps a return type, then the body; or an arrow. */
const functionHead = /(=>\s*|\)\s*(:[^=;]*)?)$/;

export function functionsOf({ code }: Source): FunctionSpan[] {
  const spans: FunctionSpan[] = [];
  const blocks: Block[] = [];
  for (const { 0: brace, index } of code.matchAll(/[{}]/g)) {
    if (brace === "{") {
      blocks.push({ head: headBefore(code, index), line: lineAt(code, index), innerLines: 0 });
      continue;
    }
    const block = blocks.pop();
    if (block === undefined) continue;
    const outer = blocks.at(-1);
    if (!isFunction(block.head)) {
      if (outer) outer.innerLines += block.innerLines;
      continue;
    }
    const lines = lineAt(code, index) - block.line + 1;
    if (outer) outer.innerLines += lines;
    spans.push({ name: nameIn(block.head), line: block.line, ownLines: lines - block.innerLines });
  }
  return spans.toSorted((a, b) => a.line - b.line);
}

/** The text of the statement or member that a brace belongs to. */
function headBefore(code: string, brace: number): string {
  let depth = 0;
  let at = brace - 1;
  for (; at >= 0; at--) {
    const char = code.charAt(at);
    const closes = char === ")" || char === "]" || (char === "}" && depth > 0);
    if (closes || (char === "}" && isTypeEnd(code.slice(at, brace + 1)))) depth++;
    else if ("([{".includes(char)) depth--;
    else if (depth === 0 && (char === ";" || char === "}")) break;
    if (depth < 0) break;
  }
  return code.slice(at + 1, brace);
}

/** The type of an object is over here, not a block: `): Promise<{ a: string }> {`. */
function isTypeEnd(text: string): boolean {
  return /^\}\s*[>|&[{,]/.test(text);
}

function isFunction(head: string): boolean {
  return functionHead.test(head) && !/[<|&:,]\s*$/.test(head) && !controlled.test(head);
}

function nameIn(head: string): string {
  const match =
    /(?:function\*?\s+|\b(?:const|let)\s+)([\w$]+)/.exec(head) ??
    /([\w$#]+)\s*(?:<[^(]*>)?\(/.exec(head);
  return match?.[1] ?? "anonymous";
}
