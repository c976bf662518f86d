/** What the parser makes of one file: the descriptor, and what only linking can finish. */
import type { FileDescriptor } from "./file-descriptor.ts";
import type { ProtoSource } from "./proto-error.ts";
import type { Token } from "./tokenizer.ts";

export interface ParsedFile {
  /** Names of types are as they were written, options are absent. */
  readonly descriptor: FileDescriptor;
  readonly source: ProtoSource;
  readonly syntax: "proto2" | "proto3" | "editions";
  readonly tokens: readonly Token[];
  /** The path of each import, as `dependency`. */
  readonly imports: readonly Token[];
  /** The options of each element of the descriptor that has any, in the order of the text. */
  readonly options: ReadonlyMap<object, readonly OptionNode[]>;
  /** Where the parts of each element stand, for errors. */
  readonly spots: ReadonlyMap<object, Spots>;
  readonly locations: readonly LocationNote[];
}

/** Tokens by what they say; all of one element. */
export interface Spots {
  readonly name: Token;
  readonly number?: Token;
  readonly type?: Token;
  readonly output?: Token;
  readonly extendee?: Token;
  readonly label?: Token;
  /** `map<...>`, which becomes an entry message. */
  readonly map?: true;
}

/** Places in the list of tokens, both in it. */
export interface Span {
  readonly first: number;
  readonly last: number;
}

/** An entry of `source_code_info`, before its lines are counted. */
export interface LocationNote extends Span {
  readonly path: readonly number[];
  /** Tokens whose comments are those of the entry: where it begins, and the sign that ends it. */
  readonly comments?: readonly number[];
  /** Whose entries follow this one: their paths are known when the names of the options are. */
  readonly options?: readonly OptionNode[];
}

/** `option (a.b).c = value;`, or the same in brackets behind a field. */
export interface OptionNode extends Span {
  readonly name: readonly OptionNamePart[];
  readonly value: ValueNode;
  /** The word `option` and the `;`, which a compact option does not have. */
  readonly statement?: Span;
}

export interface OptionNamePart {
  /** Without the parentheses of an extension. */
  readonly text: string;
  readonly extension: boolean;
  readonly token: Token;
}

export type ValueNode = ScalarNode | ListNode | MessageNode;

export type ScalarNode = Span & { readonly token: Token } & (
    | { readonly kind: "word"; readonly text: string; readonly negative: boolean }
    | { readonly kind: "int"; readonly value: bigint }
    | { readonly kind: "float"; readonly value: number }
    | { readonly kind: "string"; readonly bytes: Uint8Array }
  );

export interface ListNode extends Span {
  readonly kind: "list";
  readonly token: Token;
  readonly items: readonly ValueNode[];
}

/** `{ name: value, [extension]: value, [type.googleapis.com/name] { ... } }` */
export interface MessageNode extends Span {
  readonly kind: "message";
  readonly token: Token;
  readonly fields: readonly MessageFieldNode[];
}

export interface MessageFieldNode extends Span {
  readonly name: string;
  readonly form: "field" | "extension" | "any";
  readonly token: Token;
  readonly value: ValueNode;
}
