/** Lines and columns of a text as `buf` counts them: from 0, as a terminal shows them, with tabs of four. */

const tabWidth = 4;

export class TextPlaces {
  readonly #text: string;
  /** Where each line begins. */
  readonly #lines: number[] = [0];
  readonly #columns = new Map<number, Uint32Array | "plain">();

  constructor(text: string) {
    this.#text = text;
    for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) {
      this.#lines.push(at + 1);
    }
  }

  /** Three numbers when it is on one line, else four. */
  span(start: number, end: number): number[] {
    const [startLine, endLine] = [this.lineOf(start), this.lineOf(end)];
    const column = this.#column(startLine, start);
    const endColumn = this.#column(endLine, end);
    return startLine === endLine
      ? [startLine, column, endColumn]
      : [startLine, column, endLine, endColumn];
  }

  /** Of an offset in the text, from 0. */
  lineOf(offset: number): number {
    let [low, high] = [0, this.#lines.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#lines[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #column(line: number, offset: number): number {
    const start = this.#lines[line] ?? 0;
    let columns = this.#columns.get(line);
    if (columns === undefined) {
      columns = columnsOf(this.#text.slice(start, this.#lines[line + 1]));
      this.#columns.set(line, columns);
    }
    return columns === "plain" ? offset - start : (columns[offset - start] ?? 0);
  }
}

/** Of every place in a line, counted once: a file may be one line. */
function columnsOf(line: string): Uint32Array | "plain" {
  if (/^[\x20-\x7e\n]*$/.test(line)) return "plain";
  const columns = new Uint32Array(line.length + 1);
  let [at, column] = [0, 0];
  for (const character of line) {
    column += character === "\t" ? tabWidth - (column % tabWidth) : widthOf(character);
    at += character.length;
    columns[at] = column;
  }
  return columns;
}

const wide =
  /[\u{1100}-\u{115f}\u{2e80}-\u{303e}\u{3041}-\u{a4cf}\u{ac00}-\u{d7a3}\u{f900}-\u{faff}\u{fe30}-\u{fe6f}\u{ff00}-\u{ff60}\u{ffe0}-\u{ffe6}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;

function widthOf(character: string): number {
  if (/[\p{Mn}\p{Me}\p{Cf}\p{Cc}]/u.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
}
