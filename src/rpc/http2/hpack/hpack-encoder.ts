/** Writes header blocks that need no table: what both ends know by number, the rest as it is (RFC 7541, 6). */
import { ReefError } from "../../../core/errors.ts";
import { integerBytes, writeInteger } from "./hpack-integers.ts";
import { staticName } from "./static-table.ts";

/** In small letters; a name is written as often as it has values. */
export interface EncodableHeaders {
  readonly [name: string]: string | number | readonly string[];
}

/**
 * Goes before the first block of a connection: the table has no size from now on. A peer that has announced a smaller
 * one than 4_096 bytes waits for this and closes the connection if it does not come (RFC 9113, 4.3.1).
 */
export const noTableUpdate: Buffer = Buffer.from([0x20]);

/** Whoever passes a block on must not put these into a table either: in one, they could be guessed (RFC 7541, 7.1). */
const secret: ReadonlySet<string> = new Set([
  "authorization",
  "cookie",
  "proxy-authorization",
  "set-cookie",
]);

const withoutIndexing = 0x00;
const neverIndexed = 0x10;

/** Heads that are the same object for every call. */
const encodedHeads = new WeakMap<EncodableHeaders, Buffer>();

/**
 * The block of these headers, which nobody may change.
 * @throws {ReefError} `invalid_argument` for a header that cannot be sent
 */
export function encodeHeaders(headers: EncodableHeaders): Buffer {
  const known = encodedHeads.get(headers);
  if (known) return known;
  const block = encode(headers);
  // What may change would have to be encoded again.
  if (Object.isFrozen(headers)) encodedHeads.set(headers, block);
  return block;
}

function encode(headers: EncodableHeaders): Buffer {
  const fields: Field[] = [];
  const names = Object.keys(headers);
  // Those of HTTP/2 itself come before all others (RFC 9113, 8.3).
  for (const name of names) if (isPseudo(name)) addFields(fields, name, headers[name]);
  for (const name of names) if (!isPseudo(name)) addFields(fields, name, headers[name]);
  let bytes = 0;
  for (const field of fields) bytes += fieldBytes(field);
  const block = Buffer.allocUnsafe(bytes);
  let at = 0;
  for (const field of fields) at = writeField(block, at, field);
  return block;
}

interface Field {
  readonly name: string;
  readonly value: string;
  /** The number of the whole field; 0: there is none. */
  readonly index: number;
  /** That of its name. */
  readonly nameIndex: number;
}

function isPseudo(name: string): boolean {
  return name.startsWith(":");
}

function addFields(
  fields: Field[],
  given: string,
  values: EncodableHeaders[string] | undefined,
): void {
  const name = given.toLowerCase();
  const known = staticName.get(name);
  if (!known && !sendableName.test(name)) {
    throw unsendable(given, "its name has letters, digits and -_.!#$%&'*+^`|~ and nothing else");
  }
  for (const value of Array.isArray(values) ? values : [values]) {
    const text = String(value);
    if (!sendableValue.test(text)) {
      throw unsendable(given, "its value has no control characters and none beyond U+00FF");
    }
    const index = known?.fields.get(text) ?? 0;
    fields.push({ name, value: text, index, nameIndex: known?.index ?? 0 });
  }
}

const sendableName = /^:?[a-z0-9!#$%&'*+.^_`|~-]+$/;
// A value that began with a new line would be a new header on the way through HTTP/1.1.
const sendableValue = /^[\t\x20-\x7e\x80-\xff]*$/;

function unsendable(name: string, rule: string): ReefError {
  return new ReefError(
    "invalid_argument",
    `Cannot send header ${JSON.stringify(name)}: ${rule}; leave it out, or encode it`,
  );
}

function fieldBytes({ name, value, index, nameIndex }: Field): number {
  if (index !== 0) return integerBytes(index, 7);
  const nameBytes = nameIndex === 0 ? textBytes(name) : 0;
  return integerBytes(nameIndex, 4) + nameBytes + textBytes(value);
}

function writeField(block: Buffer, at: number, field: Field): number {
  const { name, value, index, nameIndex } = field;
  if (index !== 0) return writeInteger(block, at, { value: index, prefixBits: 7, pattern: 0x80 });
  const pattern = secret.has(name) ? neverIndexed : withoutIndexing;
  let next = writeInteger(block, at, { value: nameIndex, prefixBits: 4, pattern });
  if (nameIndex === 0) next = writeText(block, next, name);
  return writeText(block, next, value);
}

function textBytes(text: string): number {
  return integerBytes(text.length, 7) + text.length;
}

/** Not by Huffman's code: it takes longer to write than the bytes that it saves take to send. */
function writeText(block: Buffer, at: number, text: string): number {
  const next = writeInteger(block, at, { value: text.length, prefixBits: 7, pattern: 0 });
  return next + block.write(text, next, "latin1");
}
