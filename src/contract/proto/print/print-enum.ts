import type { EnumDescriptor } from "../file-descriptor.ts";
import { joinName } from "../symbols.ts";
import { compactOptions, optionStatements } from "./option-text.ts";
import { printReserved } from "./print-ranges.ts";
import type { ProtoPage } from "./proto-page.ts";

/** `outer` is the full name of what it is in. */
export function printEnum(page: ProtoPage, one: EnumDescriptor, outer: string): void {
  const scope = joinName(outer, one.name);
  page.gap();
  page.braces(`enum ${one.name}`, one, () => {
    page.lines(optionStatements(page, one.options, { type: "EnumOptions", scope }));
    // In enums, and only there, the end is in the range.
    printReserved(page, one, { isEndIn: true, max: 0x7fff_ffff });
    for (const value of one.value) {
      const place = { type: "EnumValueOptions", scope: joinName(outer, value.name) };
      const options = compactOptions(page, value.options, place);
      page.statement(`${value.name} = ${value.number}${options};`, value);
    }
  });
}
