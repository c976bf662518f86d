/** Options get their meaning: those of descriptor.proto under their names, custom ones as bytes. */
import assert from "node:assert/strict";
import { enumTables } from "./descriptor-tables.ts";
import { resolveFeatures, type ResolvedFeatures } from "./features.ts";
import type { FieldDescriptor, MessageDescriptor, Options } from "./file-descriptor.ts";
import { interpretOption, type OptionPlace } from "./interpret-option.ts";
import type { LinkContext } from "./link-context.ts";
import { encodeOptionFields, type WireRules } from "./option-bytes.ts";
import { emptyOption, isRepeated, type OptionMessage, type OptionValue } from "./option-message.ts";
import { OptionTypes } from "./option-types.ts";
import type { OptionNode } from "./parsed-file.ts";
import { pseudoOption } from "./pseudo-option.ts";
import type { SymbolTable } from "./symbols.ts";
import { type Element, walkElements } from "./walk-elements.ts";

/** Of every option of a file where it is in the options of its element, for `source_code_info`. */
export interface OptionPaths {
  readonly paths: ReadonlyMap<OptionNode, readonly OptionPlace[]>;
  /** `default` and `json_name`: fields of the field itself, by their numbers there. */
  readonly pseudo: ReadonlyMap<OptionNode, number>;
}

export function linkOptions(context: LinkContext, scope: OptionTables): OptionPaths {
  const types = new OptionTypes(context, scope.builtin);
  const rules = wireRules(scope.features);
  const paths = new Map<OptionNode, readonly OptionPlace[]>();
  const pseudo = new Map<OptionNode, number>();
  const roots = new Map<Element["element"], OptionMessage>();
  for (const { element, optionsType, scope: name } of walkElements(context.file)) {
    const nodes = context.parsed.options.get(element);
    if (nodes === undefined) continue;
    const fullName = `google.protobuf.${optionsType}`;
    const type = types.message(fullName);
    assert.ok(type !== undefined, `The table of descriptors has ${optionsType}`);
    const root = emptyOption(type, fullName);
    for (const node of nodes) {
      const isField = optionsType === "FieldOptions";
      // What has such options is a field.
      const field = element as FieldDescriptor;
      const number = isField ? pseudoOption(node, field, { context, types }) : undefined;
      if (number !== undefined) pseudo.set(node, number);
      else paths.set(node, interpretOption(node, root, { context, types, rules, scope: name }));
    }
    if (root.fields.size > 0) roots.set(element, root);
  }
  // Two rounds: how the fields of custom options are written may be said by features of this very file.
  for (const [element, root] of roots) {
    element.options = { ...element.options, ...plainOptions(root, undefined) };
  }
  for (const message of context.file.messageType) passFeatures(message);
  for (const [one, features] of resolveFeatures(context.file)) scope.features.set(one, features);
  for (const [element, root] of roots) {
    element.options = { ...element.options, ...plainOptions(root, rules) };
  }
  return { paths, pseudo };
}

/** What a map field says of features holds for the key and the value of its entries. */
function passFeatures(message: MessageDescriptor): void {
  for (const nested of message.nestedType) passFeatures(nested);
  const entries = new Map(message.nestedType.map((nested) => [nested.name, nested]));
  for (const field of message.field) {
    const features = field.options?.features;
    if (features === undefined) continue;
    const { typeName = "" } = field;
    const entry = entries.get(typeName.slice(typeName.lastIndexOf(".") + 1));
    if (entry?.options?.mapEntry !== true) continue;
    for (const part of entry.field) part.options = { features: { ...features } };
  }
}

export interface OptionTables {
  readonly builtin: SymbolTable;
  /** Of every element of the files that are linked. */
  readonly features: Map<object, ResolvedFeatures>;
}

/** Known fields under their JSON names, extensions as bytes if there are rules for them. */
function plainOptions(message: OptionMessage, rules: WireRules | undefined): Options {
  const fields = [...message.fields.values()];
  const plain: Options = {};
  const custom = fields.filter(({ field }) => field.extendee !== undefined);
  for (const { field, values } of fields) {
    if (field.extendee !== undefined) continue;
    const key = field.name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
    const list = values.map((value) => plainValue(value, field, rules));
    plain[key] = isRepeated(field) ? list : list[0];
  }
  if (custom.length > 0 && rules !== undefined) plain.custom = encodeOptionFields(custom, rules);
  return plain;
}

function plainValue(
  value: OptionValue,
  { typeName }: FieldDescriptor,
  rules: WireRules | undefined,
): unknown {
  if (value.kind === "message") return plainOptions(value.value, rules);
  if (value.kind === "bytes") return Buffer.from(value.value).toString();
  if (value.kind !== "number" || typeName === undefined) return value.value;
  const names = Object.entries(enumTables[typeName.replace(/^\.google\.protobuf\./, "")] ?? {});
  return names.find(([, number]) => number === value.value)?.[0] ?? value.value;
}

function wireRules(features: ReadonlyMap<object, ResolvedFeatures>): WireRules {
  return {
    isPacked: (field) => features.get(field)?.repeatedFieldEncoding === "PACKED",
    isDelimited: (field) =>
      field.type === "TYPE_GROUP" || features.get(field)?.messageEncoding === "DELIMITED",
  };
}
