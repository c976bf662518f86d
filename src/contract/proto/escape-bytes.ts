/** Bytes as the text of a string of C: what descriptors have as the default of a `bytes` field. */
export function escapeBytes(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) {
    const escape = escapes.get(byte);
    if (escape !== undefined) text += escape;
    else if (byte >= 0x20 && byte < 0x7f) text += String.fromCharCode(byte);
    else text += `\\${byte.toString(8).padStart(3, "0")}`;
  }
  return text;
}

const escapes = new Map([
  [10, String.raw`\n`],
  [13, String.raw`\r`],
  [9, String.raw`\t`],
  [34, String.raw`\"`],
  [39, String.raw`\'`],
  [92, String.raw`\\`],
]);
