/** Takes the blocks of code out of a text, and the commands and expectations out of blocks. */

export interface Block {
  /** The word behind the fence: `ts`, `sh`, `json`. */
  readonly language: string;
  readonly text: string;
  readonly line: number;
}

export interface Command {
  readonly command: string;
  /** It goes on running while the rest of the text is executed. */
  readonly background: boolean;
  /** What it prints; undefined when the text does not say. */
  readonly output: string | undefined;
}

const fence = /^( *)```(\w*)[^\n]*\n([\s\S]*?)^\1```/gm;

export function blocksIn(markdown: string): Block[] {
  return [...markdown.matchAll(fence)].map(({ 2: language = "", 3: text = "", index }) => ({
    language,
    text,
    line: markdown.slice(0, index).split("\n").length,
  }));
}

/**
 * The commands of a block. With `$ ` before the commands everything else is output; without it every line is a command,
 * and lines that begin with `#` are for the reader.
 */
export function commandsIn(block: string): Command[] {
  const lines = block
    .trimEnd()
    .replaceAll(/\\\n\s*/g, "")
    .split("\n");
  if (!lines.some((line) => line.startsWith("$ "))) {
    return lines
      .map((line) => line.replace(/\s+#.*$/, "").trim())
      .filter((line) => line !== "" && !line.startsWith("#"))
      .map((line) => command(line, []));
  }
  const commands: Command[] = [];
  for (let at = 0; at < lines.length;) {
    const next = lines.findIndex((line, index) => index > at && line.startsWith("$ "));
    const end = next === -1 ? lines.length : next;
    commands.push(command((lines[at] ?? "").slice("$ ".length), lines.slice(at + 1, end)));
    at = end;
  }
  return commands;
}

/** Whether `actual` is what `expected` says, where `...` stands for anything. */
export function outputMatches(expected: string, actual: string): boolean {
  const parts = expected
    .trim()
    .split("...")
    .map((part) => RegExp.escape(part));
  return new RegExp(`^${parts.join("[\\s\\S]*")}$`).test(actual.trim());
}

/** `// greeter.ts` as the first line of a block gives it a name, or `# greeter.py`. */
export function nameOf(code: string): string | undefined {
  return /^(?:\/\/|#) ([\w./-]+\.(?:[cm]?[jt]s|py))\n/.exec(code)?.[1];
}

/** The lines that a module prints, as its comments say: `console.log(1 + 1); // -> 2`. */
export function printedBy(code: string): string[] | undefined {
  const lines = [...code.matchAll(/\/\/ -> ?(.*)$/gm)].map(([, line = ""]) => line);
  return lines.length === 0 ? undefined : lines;
}

function command(line: string, output: string[]): Command {
  const background = /\s&$/.test(line) || /\bnpm start\b/.test(line);
  return {
    command: line.replace(/\s&$/, ""),
    background,
    output: output.length === 0 ? undefined : output.join("\n"),
  };
}
