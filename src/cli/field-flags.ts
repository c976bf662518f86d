/**
 * The fields of a message as flags: `--address.city=Rome`, lists by repetition, maps as KEY=VALUE, and JSON for what
 * has no shorter form.
 */
import type { ObjectShape, Shape } from "../contract/shape.ts";
import type { OptionSpec, OptionSpecs } from "./command.ts";
import { printable } from "./table.ts";

/** How the text of a flag becomes a value. */
export type FlagForm = "one" | "list" | "map" | "json";

/** One flag: where its value goes, and what it may be. */
export interface FieldFlag {
  readonly path: readonly string[];
  readonly form: FlagForm;
  /** Of the value, of each item of a list, of each value of a map. */
  readonly shape: Shape;
  readonly isNullable: boolean;
}

export interface FieldFlags {
  readonly options: OptionSpecs;
  /** By the name of the flag. */
  readonly flags: ReadonlyMap<string, FieldFlag>;
}

/** The whole input as JSON; flags beside it win. */
export const jsonInputFlag = "json-input";

/** The flags of a message, in the order of its fields. */
export function readFieldFlags(message: ObjectShape): FieldFlags {
  const found: FoundFlag[] = [];
  const place = { path: [], isRequired: true, definitions: message.definitions ?? {}, open: [] };
  addFields(message, place, found);
  const options = found.map((flag) => [flagName(flag.path), optionOf(flag)] as const);
  return {
    flags: new Map(found.map((flag) => [flagName(flag.path), flag])),
    options: { ...Object.fromEntries(options), [jsonInputFlag]: jsonInput },
  };
}

export function flagName(path: readonly string[]): string {
  return path.join(".");
}

/** Shapes without their wrappings: a name stands for its definition, a nullable one for what it may hold. */
export function unwrap(shape: Shape, definitions: Definitions): Shape {
  if (shape.kind === "nullable" || shape.kind === "wrapper")
    return unwrap(shape.inner, definitions);
  const target = shape.kind === "ref" ? definitions[shape.to] : undefined;
  return target ? unwrap(target, definitions) : shape;
}

export type Definitions = { readonly [name: string]: Shape };

const jsonInput: OptionSpec = {
  type: "text",
  placeholder: "JSON",
  description: "The whole input as JSON, or - for stdin; flags beside it win",
};

interface FoundFlag extends FieldFlag {
  readonly isRequired: boolean;
  readonly default: unknown;
}

interface Place {
  readonly path: readonly string[];
  readonly isRequired: boolean;
  readonly definitions: Definitions;
  /** Definitions that this place is inside of: a recursive one is JSON from its second level on. */
  readonly open: readonly Shape[];
}

function addFields({ fields }: ObjectShape, place: Place, found: FoundFlag[]): void {
  for (const [name, field] of Object.entries(fields)) {
    const isRequired = place.isRequired && !field.optional && !("default" in field);
    addFlags(
      field.shape,
      { ...place, path: [...place.path, name], isRequired },
      found,
      field.default,
    );
  }
}

function addFlags(wrapped: Shape, place: Place, found: FoundFlag[], value?: unknown): void {
  const { path, isRequired, definitions, open } = place;
  const shape = unwrap(wrapped, definitions);
  const isNullable = wrapped.kind === "nullable";
  const flag = { path, isNullable, isRequired, default: value };
  const description = wrapped.description ?? shape.description;
  const described = (inner: Shape): Shape => ({ ...inner, ...(description && { description }) });
  if ((shape.kind === "object" || shape.kind === "oneof") && !open.includes(shape)) {
    const inside = { ...place, open: [...open, shape] };
    if (shape.kind === "object") addFields(shape, inside, found);
    // Each variant may be left out: exactly one is wanted, and the service says so.
    else addVariants(shape.variants, { ...inside, isRequired: false }, found);
    if (shape.kind === "object" && Object.keys(shape.fields).length > 0) return;
  }
  const items = shape.kind === "list" ? unwrap(shape.items, definitions) : undefined;
  const values = shape.kind === "map" ? unwrap(shape.values, definitions) : undefined;
  if (items && isWord(items)) found.push({ ...flag, form: "list", shape: described(items) });
  else if (values && isWord(values)) found.push({ ...flag, form: "map", shape: described(values) });
  else if (isWord(shape)) found.push({ ...flag, form: "one", shape: described(shape) });
  else if (shape.kind !== "oneof") found.push({ ...flag, form: "json", shape: described(shape) });
}

function addVariants(variants: Definitions, place: Place, found: FoundFlag[]): void {
  for (const [name, variant] of Object.entries(variants)) {
    addFlags(variant, { ...place, path: [...place.path, name] }, found);
  }
}

/** What one word of a command line can say. */
function isWord({ kind }: Shape): boolean {
  return !["object", "oneof", "list", "map", "json", "ref", "nullable", "wrapper"].includes(kind);
}

function optionOf(flag: FoundFlag): OptionSpec {
  const { form, shape } = flag;
  const notes = [
    ...(flag.isRequired ? ["required"] : []),
    // The default of a list is nearly always empty, which a list that is not given is anyway.
    ...(flag.default === undefined || form !== "one"
      ? []
      : [`default ${JSON.stringify(flag.default)}`]),
    ...(shape.kind === "boolean" && form === "one" ? [`or --no-${flagName(flag.path)}`] : []),
  ];
  const about = [shape.description ?? "", notes.length > 0 ? `(${notes.join(", ")})` : ""];
  const description = printable(about.filter((text) => text !== "").join(" "));
  if (shape.kind === "boolean" && form === "one") return { type: "flag", description };
  const value = form === "json" ? "JSON" : placeholder(shape);
  // Every one is scanned as a list, so that a repetition is seen, not overwritten.
  if (form === "map") return { type: "text", list: true, placeholder: `KEY=${value}`, description };
  if (form === "list") return { type: "text", list: true, placeholder: value, description };
  return { type: "text", placeholder: value, description };
}

function placeholder(shape: Shape): string {
  switch (shape.kind) {
    case "enum":
      return shape.values.map(printable).join("|");
    case "int32":
    case "uint32":
    case "integer":
    case "int64":
    case "uint64":
    case "float":
    case "double":
      return "NUMBER";
    case "timestamp":
      return "TIME";
    case "bytes":
      return "BASE64";
    case "boolean":
      return "true|false";
    default:
      return "TEXT";
  }
}
