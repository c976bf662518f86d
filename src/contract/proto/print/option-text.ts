/** Options as text: those of protobuf by their names, custom ones by the names of their extensions. */
import type { Options } from "../file-descriptor.ts";
import type { OptionField, OptionMessage } from "../option-message.ts";
import { readOptions } from "../read-options.ts";
import type { ProtoPage } from "./proto-page.ts";
import { valueInline, valueLines } from "./value-text.ts";

export interface OptionsPlace {
  /** The message of descriptor.proto that has them, without its package: `FieldOptions`. */
  readonly type: string;
  /** The full name of what has them. */
  readonly scope: string;
}

/** `option deprecated = true;`, one a line; a message takes several. */
export function optionStatements(
  page: ProtoPage,
  options: Options | undefined,
  place: OptionsPlace,
): string[] {
  return assignments(page, options, place).flatMap(({ name, field, value }) => {
    const [first = "", ...more] = valueLines(page, field, value);
    const lines = [`option ${name} = ${first}`, ...more];
    return lines.map((line, at) => (at === lines.length - 1 ? `${line};` : line));
  });
}

/** ` [deprecated = true]`, or nothing. */
export function compactOptions(
  page: ProtoPage,
  options: Options | undefined,
  { others = [], ...place }: OptionsPlace & { readonly others?: readonly string[] },
): string {
  const texts = assignments(page, options, place).map(({ name, field, value }) => {
    return `${name} = ${valueInline(page, field, value)}`;
  });
  const all = [...others, ...texts];
  return all.length === 0 ? "" : ` [${all.join(", ")}]`;
}

interface Assignment {
  readonly name: string;
  readonly field: OptionField["field"];
  readonly value: OptionField["values"][number];
}

function assignments(
  page: ProtoPage,
  options: Options | undefined,
  { type, scope }: OptionsPlace,
): Assignment[] {
  if (!options) return [];
  const root = readOptions(type, options, page.index);
  return assignmentsOf(page, root, { prefix: "", scope });
}

function assignmentsOf(
  page: ProtoPage,
  { fields }: OptionMessage,
  { prefix, scope }: { readonly prefix: string; readonly scope: string },
): Assignment[] {
  const all = [...fields.values()];
  const isCustom = ({ field }: OptionField) => field.extendee !== undefined;
  const sorted = [...all.filter((one) => !isCustom(one)), ...all.filter(isCustom)];
  return sorted.flatMap((option) => {
    const { field, values } = option;
    const word = isCustom(option)
      ? `(${page.names.option(page.index.extensionName(field), scope)})`
      : field.name;
    // The entry of a map is written as a map.
    if (word === "map_entry") return [];
    const name = `${prefix}${word}`;
    return values.flatMap((value) => {
      const isFeatures =
        value.kind === "message" && value.value.fullName === "google.protobuf.FeatureSet";
      // One by one, as everybody writes them.
      if (isFeatures) return assignmentsOf(page, value.value, { prefix: `${name}.`, scope });
      return [{ name, field, value }];
    });
  });
}
