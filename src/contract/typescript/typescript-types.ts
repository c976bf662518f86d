/** TypeScript for the messages of a contract: what its sender writes and what its reader gets. */
import type { ContractDescriptor } from "../descriptor.ts";
import { isRequired } from "../shape-check.ts";
import type { EnumShape, Field, ObjectShape, Shape } from "../shape.ts";
import { freeName, typeIdentifier } from "../proto/proto-identifiers.ts";
import { protoServiceName } from "../proto-names.ts";

/** `sent` may leave out what has a default, `seen` has it. */
type Side = "sent" | "seen";

/** The names of the two types of a message. */
export interface MessageNames {
  readonly sent: string;
  readonly seen: string;
}

export class TypeScriptTypes {
  readonly #texts: string[] = [];
  readonly #taken: Set<string>;
  /** By the shape's own name, or by its text: messages that look alike have one type. */
  readonly #known = new Map<string, MessageNames>();
  readonly #package: string;
  #definitions: { readonly [name: string]: Shape } = {};

  constructor(descriptor: ContractDescriptor, taken: readonly string[]) {
    this.#package = `${protoServiceName(descriptor).split(".").slice(0, -1).join(".")}.`;
    this.#taken = new Set([...taken, ...globalNames]);
  }

  /** Every declaration, each behind those that it was the first to need. */
  get texts(): readonly string[] {
    return this.#texts;
  }

  /** The types of a message; `wanted` is its name unless it has one of its own. */
  message(shape: ObjectShape, wanted: string): MessageNames {
    this.#definitions = shape.definitions ?? {};
    return this.#named(shape, wanted);
  }

  #named(shape: Shape, wanted: string): MessageNames {
    const own = shape.kind === "object" ? shape.protoName : undefined;
    const key = own ?? `${wanted} ${JSON.stringify(shape)}`;
    const known = this.#known.get(key);
    if (known) return known;
    const name = own === undefined ? wanted : this.#shortName(own);
    const seen = freeName(name, this.#taken);
    const sent = freeName(`${seen}Input`, this.#taken);
    const names = { sent, seen };
    this.#known.set(key, names);
    const seenText = this.#type(shape, "seen", "");
    const sentText = this.#type(shape, "sent", "");
    const about = comment(shape.description, "");
    this.#texts.push(`${about}export type ${seen} = ${seenText};`);
    const alike = sentText === seenText ? seen : sentText;
    const what = `/** What a sender writes of \`${seen}\`. */\n`;
    this.#texts.push(`${what}export type ${sent} = ${alike};`);
    return names;
  }

  /** `greeter.v1.Person.Name` is `PersonName` in the package `greeter.v1`. */
  #shortName(fullName: string): string {
    const inside = fullName.startsWith(this.#package)
      ? fullName.slice(this.#package.length)
      : fullName;
    return typeIdentifier(inside.replaceAll(".", "_"));
  }

  #type(shape: Shape, side: Side, indent: string): string {
    switch (shape.kind) {
      case "string":
        return "string";
      case "boolean":
        return "boolean";
      case "bytes":
        return "Uint8Array";
      case "timestamp":
        return "Date";
      case "int64":
      case "uint64":
        return "bigint";
      case "int32":
      case "uint32":
      case "integer":
      case "float":
      case "double":
        return "number";
      case "enum":
        return enumText(shape);
      case "json":
        if (shape.as === undefined) return "unknown";
        return shape.as === "list" ? "unknown[]" : "{ [key: string]: unknown }";
      case "wrapper":
        return this.#type(shape.inner, side, indent);
      case "nullable":
        return `${this.#type(shape.inner, side, indent)} | null`;
      case "list": {
        const items = this.#type(shape.items, side, indent);
        return `${side === "sent" ? "readonly " : ""}${/[ |&]/.test(items) ? `(${items})` : items}[]`;
      }
      case "map":
        return `{ [key: string]: ${this.#type(shape.values, side, indent)} }`;
      case "oneof": {
        const variants = Object.entries(shape.variants).map(([name, variant]) => {
          return `{ ${propertyName(name)}: ${this.#type(variant, side, indent)} }`;
        });
        return variants.join(" | ");
      }
      case "ref":
        return this.#ref(shape.to, side);
      case "object":
        return this.#object(shape, side, indent);
    }
  }

  #ref(to: string, side: Side): string {
    const shape = this.#definitions[to];
    return shape ? this.#named(shape, typeIdentifier(to))[side] : "unknown";
  }

  #object(shape: ObjectShape, side: Side, indent: string): string {
    const grouped = new Set(Object.values(shape.oneofs ?? {}).flat());
    const inner = `${indent}  `;
    const lines = Object.entries(shape.fields).flatMap(([name, field]) => {
      if (grouped.has(name)) return [];
      const about = comment(field.shape.description, inner);
      const mark = isOptional(field, side) ? "?" : "";
      return [
        `${about}${inner}${propertyName(name)}${mark}: ${this.#type(field.shape, side, inner)};`,
      ];
    });
    const plain = lines.length === 0 ? "{}" : `{\n${lines.join("\n")}\n${indent}}`;
    const groups = Object.values(shape.oneofs ?? {}).map((names) => {
      return this.#group(names, shape, side, inner);
    });
    if (groups.length === 0) return plain;
    return [...(lines.length === 0 ? [] : [plain]), ...groups].join(" & ");
  }

  /** One of the fields, or none: each branch says that the others are not there. */
  #group(names: readonly string[], shape: ObjectShape, side: Side, inner: string): string {
    const absent = (but?: string) => {
      return names
        .filter((name) => name !== but)
        .map((name) => `${propertyName(name)}?: undefined`);
    };
    const branches = names.map((name) => {
      const field = shape.fields[name];
      const type = field ? this.#type(field.shape, side, inner) : "unknown";
      return `{ ${[`${propertyName(name)}: ${type}`, ...absent(name)].join("; ")} }`;
    });
    const all = [...branches, `{ ${absent().join("; ")} }`].map(
      (branch) => `\n${inner}| ${branch}`,
    );
    return `(${all.join("")}\n${inner.slice(2)})`;
  }
}

/** Names that the file uses in their own sense. */
const globalNames = [
  "Date",
  "Uint8Array",
  "Array",
  "Object",
  "Contract",
  "Empty",
  "Message",
  "Method",
];

function isOptional(field: Field, side: Side): boolean {
  return side === "sent" ? !isRequired(field) : field.optional === true;
}

function enumText({ values, open }: EnumShape): string {
  const words = values.map((value) => JSON.stringify(value));
  return [...words, ...(open ? ["number"] : [])].join(" | ");
}

export function propertyName(name: string): string {
  return /^[A-Za-z_$][\w$]*$/u.test(name) ? name : JSON.stringify(name);
}

/** A doc comment in front of what it describes, or nothing. */
export function comment(text: string | undefined, indent: string): string {
  if (text === undefined) return "";
  const lines = text.replaceAll("*/", "* /").split("\n");
  if (lines.length === 1) return `${indent}/** ${lines[0]} */\n`;
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}`.trimEnd()).join("\n")}\n${indent} */\n`;
}
