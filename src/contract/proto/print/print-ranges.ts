/** Numbers and names that are not for fields or values of this file. */
import type { ExtensionRange, MessageDescriptor, NumberRange } from "../file-descriptor.ts";
import { compactOptions } from "./option-text.ts";
import type { ProtoPage } from "./proto-page.ts";

interface Bounds {
  readonly isEndIn: boolean;
  /** What the word `max` stands for. */
  readonly max: number;
}

/** The greatest number of a field. */
const fieldNumberMax = 0x1fff_ffff;

export const fieldBounds: Bounds = { isEndIn: false, max: fieldNumberMax };

export function printReserved(
  page: ProtoPage,
  {
    reservedRange = [],
    reservedName = [],
  }: Pick<MessageDescriptor, "reservedRange" | "reservedName">,
  bounds: Bounds,
): void {
  if (reservedRange.length > 0) {
    page.line(`reserved ${reservedRange.map((range) => rangeText(range, bounds)).join(", ")};`);
  }
  if (reservedName.length === 0) return;
  const quote = page.file.syntax === "editions" ? "" : '"';
  page.line(`reserved ${reservedName.map((name) => `${quote}${name}${quote}`).join(", ")};`);
}

export function printExtensionRanges(
  page: ProtoPage,
  ranges: readonly ExtensionRange[],
  scope: string,
): void {
  for (const range of ranges) {
    const options = compactOptions(page, range.options, { type: "ExtensionRangeOptions", scope });
    page.line(`extensions ${rangeText(range, fieldBounds)}${options};`);
  }
}

function rangeText({ start, end }: NumberRange, { isEndIn, max }: Bounds): string {
  const last = isEndIn ? end : end - 1;
  if (last >= max && start !== last) return `${start} to max`;
  return start === last ? `${start}` : `${start} to ${last}`;
}
