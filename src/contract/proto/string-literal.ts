/** What a string of a `.proto` file means: bytes, for its escapes can write any. */
import { protoError, quoted, type ProtoSource } from "./proto-error.ts";
import type { Token } from "./tokenizer.ts";

/** @throws {ReefError} `invalid_argument` with the place of a wrong escape */
export function readStringLiteral(source: ProtoSource, token: Token): Uint8Array {
  const body = token.text.slice(1, -1);
  if (!body.includes("\\")) return encoder.encode(body);
  const bytes: number[] = [];
  // What stands between escapes is text, which becomes UTF-8.
  let plain = 0;
  for (let at = body.indexOf("\\"); at !== -1; at = body.indexOf("\\", plain)) {
    pushText(bytes, body.slice(plain, at));
    escapePattern.lastIndex = at;
    const match = escapePattern.exec(body);
    const problem = match === null ? "escape" : pushEscape(bytes, match);
    if (problem !== undefined) {
      throw protoError({
        source,
        offset: token.start + 1 + at,
        rule: `expected an escape, found ${quoted(body.slice(at, at + 2))}`,
        advice: String.raw`write \\ for a backslash; known are \n \r \t \a \b \f \v \" \' \? \x41 \101 \u0041 \U00000041`,
      });
    }
    plain = escapePattern.lastIndex;
  }
  pushText(bytes, body.slice(plain));
  return Uint8Array.from(bytes);
}

const encoder = new TextEncoder();

const escapePattern =
  /\\(?:([abfnrtv\\'"?])|[xX]([0-9a-fA-F]{1,2})|([0-7]{1,3})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/y;

const simpleEscapes = new Map([
  ["a", 7],
  ["b", 8],
  ["f", 12],
  ["n", 10],
  ["r", 13],
  ["t", 9],
  ["v", 11],
]);

/** "escape" when the number means no byte and no character. */
function pushEscape(bytes: number[], match: RegExpExecArray): "escape" | undefined {
  const [, simple, hex, octal, short, long] = match;
  if (simple !== undefined) bytes.push(simpleEscapes.get(simple) ?? simple.charCodeAt(0));
  else if (hex !== undefined) bytes.push(Number.parseInt(hex, 16));
  else if (octal !== undefined) {
    const byte = Number.parseInt(octal, 8);
    if (byte > 0xff) return "escape";
    bytes.push(byte);
  } else {
    const point = Number.parseInt(short ?? long ?? "", 16);
    if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return "escape";
    pushText(bytes, String.fromCodePoint(point));
  }
  return undefined;
}

function pushText(bytes: number[], text: string): void {
  if (text !== "") for (const byte of encoder.encode(text)) bytes.push(byte);
}
