/** Keys and values are any bytes; here they become words: JSON that loses nothing, or a short text for people. */
import { isUtf8 } from "node:buffer";
import type { Change, WatchEvent } from "../../../blocks/store/index.ts";
import { fit, printable } from "../../table.ts";

/** Columns of a value in a table: enough to know it again. */
const valueColumns = 40;

/** Text as text, which nearly everything is; whatever else as a field that says so. */
export function jsonOf<T extends Change>({ key, value, ...rest }: T) {
  return {
    ...(isUtf8(key) ? { key: decode(key) } : { keyBase64: base64(key) }),
    ...(value && (isUtf8(value) ? { value: decode(value) } : { valueBase64: base64(value) })),
    ...rest,
  };
}

export function jsonOfEvent(event: WatchEvent) {
  return event.kind === "complete" ? event : { ...event, changes: event.changes.map(jsonOf) };
}

/** A value on a line for people, cut where it is long. */
export function shortText(value: Uint8Array): string {
  return fit(keyText(value.subarray(0, isUtf8(value) ? undefined : valueColumns)), valueColumns);
}

/** A key on a line for people: bytes that are no text in hex. */
export function keyText(bytes: Uint8Array): string {
  return isUtf8(bytes) ? printable(decode(bytes)) : `0x${Buffer.from(bytes).toString("hex")}`;
}

function decode(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}
