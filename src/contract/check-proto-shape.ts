/** Whether what a shape says for protobuf can be so: numbers, presence, keys. */
import { isRecord } from "./shape-check.ts";
import { fieldNumberMax } from "./shape.ts";

type Data = Record<string, unknown>;

/** What is wrong with what a field says for protobuf. */
export function fieldProblem(field: Data): string | undefined {
  const { number, implicit, protoName, delimited } = field;
  if (number !== undefined && !isFieldNumber(number)) return numberRule(number);
  if (implicit !== undefined && implicit !== true) return "implicit is true or absent";
  if (implicit === true && !("default" in field)) return "implicit needs a default, its zero";
  if (protoName !== undefined && typeof protoName !== "string") return "protoName is a string";
  if (delimited !== undefined && delimited !== true) return "delimited is true or absent";
  return undefined;
}

/** What is wrong with the numbers of the fields of an object, and with its groups. */
export function oneofsProblem(shape: Data): string | undefined {
  // The caller has seen that there are fields and that each is an object.
  const fields = shape["fields"] as { readonly [name: string]: Data };
  const numbers = Object.entries(fields).map(([name, { number }]) => [name, number] as const);
  const { oneofs, protoName, wellKnown } = shape;
  if (protoName !== undefined && typeof protoName !== "string") return "protoName is a string";
  if (![undefined, "duration", "field_mask", "any"].includes(wellKnown as string | undefined)) {
    return `wellKnown ${JSON.stringify(wellKnown)} is not known`;
  }
  return twice(numbers) ?? (oneofs === undefined ? undefined : groupsProblem(oneofs, fields));
}

function groupsProblem(
  oneofs: unknown,
  fields: { readonly [name: string]: Data },
): string | undefined {
  if (!isRecord(oneofs)) return "oneofs are not an object";
  const grouped = new Set<unknown>();
  for (const [group, members] of Object.entries(oneofs)) {
    if (!Array.isArray(members)) return `the oneof "${group}" is no list of fields`;
    for (const member of members as readonly unknown[]) {
      const field = typeof member === "string" && Object.hasOwn(fields, member);
      if (!field || fields[member]?.["optional"] !== true) {
        return `the oneof "${group}" names ${JSON.stringify(member)}, which is no optional field`;
      }
      if (grouped.has(member)) return `the field "${member}" is in two oneofs`;
      grouped.add(member);
    }
  }
  return undefined;
}

/** What is wrong with the numbers of variants. */
export function numbersProblem(variants: unknown, numbers: unknown): string | undefined {
  if (numbers === undefined) return undefined;
  if (!isRecord(numbers) || !isRecord(variants)) return "its numbers are not an object";
  for (const [name, number] of Object.entries(numbers)) {
    if (!Object.hasOwn(variants, name)) return `it numbers "${name}", which is no variant`;
    if (!isFieldNumber(number)) return `"${name}": ${numberRule(number)}`;
  }
  return twice(Object.entries(numbers));
}

/** What is wrong with the numbers of an enum; two names may share one. */
export function enumProblem({ values, numbers, open }: Data): string | undefined {
  if (open !== undefined && open !== true) return "open is true or absent";
  if (numbers === undefined) return undefined;
  if (!isRecord(numbers)) return "its numbers are not an object";
  for (const [name, number] of Object.entries(numbers)) {
    // The caller has seen that it is a list.
    if (!(values as readonly unknown[]).includes(name)) return `it numbers "${name}", no value`;
    if (typeof number !== "number" || (number | 0) !== number) {
      return `"${name}" has the number ${JSON.stringify(number)}, which is not of 32 bits`;
    }
  }
  return undefined;
}

export function mapKeysProblem(keys: unknown): string | undefined {
  if (keys === undefined || (isRecord(keys) && keyKinds.has(keys["kind"]))) return undefined;
  return "the keys of a map are strings, whole numbers or booleans";
}

const keyKinds: ReadonlySet<unknown> = new Set([
  "string",
  "boolean",
  "int32",
  "uint32",
  "integer",
  "int64",
  "uint64",
]);

export function wireProblem({ kind, wire }: Data): string | undefined {
  if (wire === undefined) return undefined;
  if (kind === "float" || kind === "double") return "only whole numbers have a wire";
  if (wire === "fixed") return undefined;
  if (wire !== "zigzag") return "wire is zigzag or fixed, or absent";
  return kind === "uint32" || kind === "uint64" ? "zigzag is for numbers with a sign" : undefined;
}

/** 19,000 to 19,999 are protobuf's own. */
function isFieldNumber(number: unknown): boolean {
  if (typeof number !== "number" || !Number.isInteger(number)) return false;
  return number >= 1 && number <= fieldNumberMax && (number < 19_000 || number > 19_999);
}

function numberRule(number: unknown): string {
  return (
    `the field number ${JSON.stringify(number)} is not one of 1 to ${fieldNumberMax} ` +
    "without 19000 to 19999"
  );
}

function twice(numbers: readonly (readonly [name: string, number: unknown])[]): string | undefined {
  const names = new Map<unknown, string>();
  for (const [name, number] of numbers) {
    const other = number === undefined ? undefined : names.get(number);
    if (other !== undefined) return `"${other}" and "${name}" have the number ${String(number)}`;
    names.set(number, name);
  }
  return undefined;
}
