/** What every step of linking one file knows. */
import assert from "node:assert/strict";
import type { FileDescriptor } from "./file-descriptor.ts";
import type { ParsedFile, Spots } from "./parsed-file.ts";
import { protoError } from "./proto-error.ts";
import type { SymbolTable } from "./symbols.ts";
import type { Token } from "./tokenizer.ts";

export class LinkContext {
  readonly parsed: ParsedFile;
  readonly symbols: SymbolTable;
  /** Which extension of a message has which number, in all files that are linked: `a.B 100`. */
  readonly extensions: Map<string, string>;

  constructor(parsed: ParsedFile, symbols: SymbolTable, extensions: Map<string, string>) {
    this.parsed = parsed;
    this.symbols = symbols;
    this.extensions = extensions;
  }

  get file(): FileDescriptor {
    return this.parsed.descriptor;
  }

  spots(element: object): Spots {
    const [first] = this.parsed.tokens;
    assert.ok(first !== undefined, "A list of tokens has an end");
    return this.parsed.spots.get(element) ?? { name: first };
  }

  refuse(token: Token, rule: string, advice: string): Error {
    return protoError({ source: this.parsed.source, offset: token.start, rule, advice });
  }

  /** At the name of an element. */
  refuseElement(element: object, rule: string, advice: string): Error {
    return this.refuse(this.spots(element).name, rule, advice);
  }
}
