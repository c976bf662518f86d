/** The tokens of a file one after the other, and what is said when another one was expected. */
import assert from "node:assert/strict";
import type { LocationNote, OptionNode, Spots } from "./parsed-file.ts";
import { protoError, quoted, type ProtoSource } from "./proto-error.ts";
import { tokenize, type Token } from "./tokenizer.ts";

/** As deep as protoc reads: beyond it a text is an attack on the stack. */
export const nestingMax = 32;

export class TokenReader {
  readonly source: ProtoSource;
  readonly tokens: readonly Token[];
  /** What is noted on the way; see `ParsedFile`. */
  readonly options = new Map<object, OptionNode[]>();
  readonly spots = new Map<object, Spots>();
  readonly locations: LocationNote[] = [];
  /** The path of each import. */
  readonly imports: Token[] = [];
  syntax: "proto2" | "proto3" | "editions" = "proto2";
  #at = 0;
  #depth = 0;

  constructor(source: ProtoSource) {
    this.source = source;
    this.tokens = tokenize(source);
  }

  /** The place of the next token in the list. */
  get at(): number {
    return this.#at;
  }

  get next(): Token {
    return this.peek(0);
  }

  peek(ahead: number): Token {
    const token = this.tokens[Math.min(this.#at + ahead, this.tokens.length - 1)];
    assert.ok(token !== undefined, "A list of tokens has an end");
    return token;
  }

  /** The token that was read last. */
  get previous(): Token {
    return this.tokens[this.#at - 1] ?? this.next;
  }

  take(): Token {
    const token = this.next;
    if (token.kind !== "end") this.#at += 1;
    return token;
  }

  looksAt(text: string, ahead = 0): boolean {
    const { kind, text: found } = this.peek(ahead);
    return found === text && (kind === "word" || kind === "symbol");
  }

  tryTake(text: string): boolean {
    if (!this.looksAt(text)) return false;
    this.#at += 1;
    return true;
  }

  /** `where` ends the sentence `expected ";" ...`. */
  expect(text: string, where: string): Token {
    if (this.looksAt(text)) return this.take();
    throw this.expected(`"${text}" ${where}`, `write "${text}" ${where}`);
  }

  word(what: string): Token {
    if (this.next.kind === "word") return this.take();
    throw this.expected(what, "a name has letters, digits and _, and no digit in front");
  }

  /** `a.b.c`, with a dot in front if it is absolute. */
  dottedName(what: string, { absolute = true }: { absolute?: boolean } = {}): string {
    let name = absolute && this.tryTake(".") ? "." : "";
    name += this.word(what).text;
    while (this.tryTake(".")) name += `.${this.word(`a name after "."`).text}`;
    return name;
  }

  expected(what: string, advice: string): Error {
    const found = this.next.kind === "end" ? "the end of the file" : quoted(this.next.text);
    return this.refuse(this.next, `expected ${what}, found ${found}`, advice);
  }

  refuse(token: Token, rule: string, advice: string): Error {
    return protoError({ source: this.source, offset: token.start, rule, advice });
  }

  /** Reads what is inside of something else, unless that is too deep. */
  nested<T>(read: () => T): T {
    if (this.#depth >= nestingMax) {
      throw this.refuse(
        this.next,
        `expected at most ${nestingMax} levels of nesting, found more`,
        "nest less",
      );
    }
    this.#depth += 1;
    const result = read();
    this.#depth -= 1;
    return result;
  }

  /** Notes where the tokens from `first` to the last one read stand. */
  locate(path: readonly number[], first: number, note: Partial<LocationNote> = {}): void {
    this.locations.push({ path, first, last: this.#at - 1, ...note });
  }

  /** An option that belongs to `element`. */
  addOption(element: object, option: OptionNode): void {
    const list = this.options.get(element);
    if (list === undefined) this.options.set(element, [option]);
    else list.push(option);
  }

  spot(element: object, spots: Spots): void {
    this.spots.set(element, spots);
  }
}
