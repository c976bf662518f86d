/** Options as text, by the table of descriptor.proto; of the custom ones, `google.api.http`. */
import { isRecord } from "../shape-check.ts";
import { enumTables, messageTables } from "./descriptor-tables.ts";
import type { Options } from "./file-descriptor.ts";
import { decodeHttpRule, type HttpRules } from "./http-rule.ts";
import { jsonNameOf } from "./json-name.ts";

/** `option deprecated = true;`, one a line. */
export function optionStatements(table: string, options: Options | undefined): string[] {
  return assignments(table, options).flatMap((text) => `option ${text};`.split("\n"));
}

/** ` [deprecated = true]`, or nothing. */
export function compactOptions(
  table: string,
  options: Options | undefined,
  others: readonly string[] = [],
): string {
  const all = [...others, ...assignments(table, options)];
  return all.length === 0 ? "" : ` [${all.join(", ")}]`;
}

function assignments(table: string, options: Options | undefined): string[] {
  if (!options) return [];
  const rows = messageTables[table] ?? [];
  const own = rows.flatMap(([name, , type]) => {
    const value = options[jsonNameOf(name)];
    // The entry of a map is written as a map.
    if (value === undefined || name === "map_entry") return [];
    return valueTexts(name, type, value);
  });
  const rule = table === "MethodOptions" ? decodeHttpRule(options.custom) : undefined;
  return rule ? [...own, httpRuleText(rule)] : own;
}

function valueTexts(name: string, cell: string, value: unknown): string[] {
  const type = cell.replace("...", "");
  if (Array.isArray(value)) return value.flatMap((one) => valueTexts(name, type, one));
  if (type in messageTables && isRecord(value)) {
    if (type !== "FeatureSet") return [`${name} = ${aggregate(type, value)}`];
    return (messageTables[type] ?? []).flatMap(([field, , inner]) => {
      const found = value[jsonNameOf(field)];
      return found === undefined ? [] : valueTexts(`${name}.${field}`, inner, found);
    });
  }
  return [`${name} = ${scalarText(type, value)}`];
}

function aggregate(type: string, value: Record<string, unknown>): string {
  const fields = (messageTables[type] ?? []).flatMap(([name, , cell]) => {
    const found = value[jsonNameOf(name)];
    return found === undefined ? [] : valueTexts(name, cell, found);
  });
  return `{ ${fields.map((field) => field.replace(" = ", ": ")).join(", ")} }`;
}

function scalarText(type: string, value: unknown): string {
  if (type in enumTables || type === "bool") return String(value);
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

function httpRuleText(rule: HttpRules): string {
  return `(google.api.http) = {\n${ruleLines(rule, "  ").join("\n")}\n}`;
}

function ruleLines(rule: HttpRules, indent: string): string[] {
  const { verb = "", path = "", body, selector, responseBody, additional } = rule;
  const known = ["GET", "PUT", "POST", "DELETE", "PATCH"].includes(verb);
  const text = JSON.stringify(path);
  const custom = `custom: { kind: ${JSON.stringify(verb)} path: ${text} }`;
  return [
    ...(selector === undefined ? [] : [`selector: ${JSON.stringify(selector)}`]),
    known ? `${verb.toLowerCase()}: ${text}` : custom,
    ...(body === undefined ? [] : [`body: ${JSON.stringify(body)}`]),
    ...(responseBody === undefined ? [] : [`response_body: ${JSON.stringify(responseBody)}`]),
    ...additional.flatMap((one) => ["additional_bindings {", ...ruleLines(one, "  "), "}"]),
  ].map((line) => `${indent}${line}`);
}
