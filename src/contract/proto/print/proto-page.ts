/** The text of a file while it is written: lines in braces, with the comments of what stands there. */
import { builtinFile } from "../builtin-file.ts";
import type { FileDescriptor, SourceLocation } from "../file-descriptor.ts";
import { ProtoIndex } from "../proto-index.ts";
import { elementLocations } from "../source-comments.ts";
import { TypeNames } from "./type-names.ts";

export class ProtoPage {
  readonly file: FileDescriptor;
  readonly names: TypeNames;
  /** Of the file and what it imports, for its options. */
  readonly index: ProtoIndex;
  readonly #locations: ReadonlyMap<object, SourceLocation>;
  readonly #lines: string[] = [];
  #indent = "";

  constructor(file: FileDescriptor, files: readonly FileDescriptor[]) {
    this.file = file;
    this.names = new TypeNames(files);
    this.index = new ProtoIndex([...files, builtinFile()]);
    this.#locations = elementLocations(file);
  }

  get text(): string {
    return `${this.#lines.join("\n").trimEnd()}\n`;
  }

  line(text: string): void {
    this.#lines.push(text === "" ? "" : `${this.#indent}${text}`);
  }

  lines(texts: readonly string[]): void {
    for (const text of texts) this.line(text);
  }

  /** Lines with an empty one in front. */
  block(texts: readonly string[]): void {
    if (texts.length === 0) return;
    this.gap();
    this.lines(texts);
  }

  /** An empty line, but not behind another one or the line that opens something. */
  gap(): void {
    const last = this.#lines.at(-1);
    if (last !== undefined && last !== "" && !/\{(?: \/\/.*)?$/u.test(last)) this.line("");
  }

  /** `head { ... }` with the comments of the element that it is. */
  braces(head: string, element: object, inside: () => void): void {
    this.#leading(this.#locations.get(element));
    this.line(`${head} {`);
    const opened = this.#lines.length;
    const outer = this.#indent;
    this.#indent = `${outer}  `;
    this.#trailing(this.#locations.get(element));
    inside();
    this.#indent = outer;
    const isEmpty = this.#lines.length === opened && this.#lines.at(-1)?.endsWith("{") === true;
    if (isEmpty) this.#lines.push(`${this.#lines.pop() ?? ""}}`);
    else {
      if (this.#lines.at(-1) === "") this.#lines.pop();
      this.line("}");
    }
  }

  /** A line with the comments of the element that it is. */
  statement(text: string, element: object): void {
    this.#leading(this.#locations.get(element));
    this.line(text);
    this.#trailing(this.#locations.get(element));
  }

  /** As `statement`, for what has no descriptor of its own but a number in that of the file. */
  fileStatement(text: string, number: number): void {
    const path = String(number);
    const location = this.file.sourceCodeInfo?.location.find((at) => at.path.join() === path);
    this.#leading(location);
    this.line(text);
    this.#trailing(location);
  }

  #leading({ leadingComments, leadingDetachedComments = [] }: Partial<SourceLocation> = {}): void {
    if (leadingDetachedComments.length > 0) this.gap();
    for (const detached of leadingDetachedComments) this.lines([...commentLines(detached), ""]);
    if (leadingComments !== undefined) this.lines(commentLines(leadingComments));
  }

  /**
   * Behind the last line if it is short; else below, and then with an empty line, or it would belong to what follows.
   */
  #trailing({ trailingComments }: Partial<SourceLocation> = {}): void {
    if (trailingComments === undefined) return;
    const [first = "", ...more] = commentLines(trailingComments);
    if (more.length === 0) this.#lines.push(`${this.#lines.pop() ?? ""} ${first}`);
    else this.lines([first, ...more, ""]);
  }
}

function commentLines(text: string): string[] {
  const lines = text.replace(/\n$/u, "").split(/\r?\n/u);
  return lines.map((line) => `//${line}`.trimEnd());
}
