/**
 * Generates what builds a message anew: from parsed JSON what its reader sees (`read`), from the sender's value what
 * JSON writes (`write`), and the one straight from the other (`copy`). The objects are literals with their fields in
 * the order of the shape, so that all messages of a kind have one hidden class.
 */
import {
  deeper,
  depthText,
  generate,
  keyText,
  notRecordText,
  readText,
  setText,
  unusual,
  type Code,
  type Depth,
} from "./code.ts";
import { emitScalar, isPlainKind, type Mode } from "./code-scalar.ts";
import { copyShape } from "./copy.ts";
import { checkDepth, readJson } from "./json-read.ts";
import { copyJson, toJsonValue } from "./json-write.ts";
import { isRequired, type Definitions } from "./shape-check.ts";
import { depthMax, type Field, type ObjectShape, type Shape } from "./shape.ts";

type Build = (value: unknown) => unknown;

/** Makes the reader of parsed JSON; it agrees with `readJson`, and may keep what it is given. */
export function createReader(shape: Shape, definitions: Definitions = {}): Build {
  const reference: Build = (value) => readJson(shape, value, definitions);
  return createBuild(shape, definitions, "read", reference);
}

/** Makes the copy of a shape; it agrees with `copyShape`. */
export function createCopy(shape: Shape, definitions: Definitions = {}): Build {
  const reference: Build = (value) => copyShape(shape, value, definitions);
  return createBuild(shape, definitions, "copy", reference);
}

/** Makes what turns a sender's value into plain JSON data; it agrees with `toJsonValue`. */
export function createWriter(shape: Shape, definitions: Definitions = {}): Build {
  const reference: Build = (value) => toJsonValue(shape, value, definitions);
  return createBuild(shape, definitions, "write", reference);
}

function createBuild(shape: Shape, definitions: Definitions, mode: Mode, reference: Build): Build {
  const build = generate<Build>(shape, definitions, (code, body, depth) => {
    const builder = new Builder(code, mode, definitions);
    code.line(`return ${builder.value(body, "v", depth)};`);
  });
  if (!build) return reference;
  return (value) => {
    try {
      return build(value);
    } catch {
      // Whatever went wrong, the reference decides what it means.
      return reference(value);
    }
  };
}

class Builder {
  readonly #code: Code;
  readonly #mode: Mode;
  readonly #definitions: Definitions;
  /** JSON of proto3 is written or read. */
  readonly #isProtoJson: boolean;

  constructor(code: Code, mode: Mode, definitions: Definitions) {
    this.#code = code;
    this.#mode = mode;
    this.#isProtoJson = code.isProto && mode !== "copy";
    this.#definitions = definitions;
  }

  /** Emits what is needed before, and returns the expression of the built value. */
  value(shape: Shape, value: string, depth: Depth): string {
    const code = this.#code;
    switch (shape.kind) {
      case "nullable":
        return this.#nullable(shape.inner, value, depth);
      case "wrapper":
        return this.value(shape.inner, value, depth);
      case "ref":
        return `${code.definition(shape.to)}(${value}, ${depthText(depth)})`;
      case "json":
        return `${code.constant(this.#mode === "read" ? keepJson : copyJson)}(${value}, ${depthText(depth)})`;
      case "list":
        return this.#list(shape.items, value, depth);
      case "map":
        return this.#map(shape.values, value, depth);
      case "object":
        return this.#isProtoJson
          ? this.#protoObject(shape, value, depth)
          : this.#object(shape, value, depth);
      case "oneof":
        return this.#oneof(shape.variants, value, depth);
      default:
        return emitScalar(code, this.#mode, shape, value);
    }
  }

  #nullable(inner: Shape, value: string, depth: Depth): string {
    const result = this.#code.name();
    this.#code.line(`let ${result} = null;`);
    this.#code.line(`if (${value} !== null) {`);
    this.#code.line(`${result} = ${this.value(inner, value, depth)};`);
    this.#code.line("}");
    return result;
  }

  #list(items: Shape, value: string, depth: Depth): string {
    this.#container(`!Array.isArray(${value})`, depth);
    if (this.#isKept(items)) return value;
    const [result, index] = [this.#code.name(), this.#code.name()];
    this.#code.line(`const ${result} = [];`);
    this.#code.line(`for (let ${index} = 0; ${index} < ${value}.length; ${index}++) {`);
    const item = this.#code.keep(`${value}[${index}]`);
    this.#unusualIf(`${item} === undefined`);
    this.#code.line(`${result}.push(${this.value(items, item, deeper(depth))});`);
    this.#code.line("}");
    return result;
  }

  #map(values: Shape, value: string, depth: Depth): string {
    this.#container(notRecordText(this.#code, value), depth);
    if (this.#isKept(values)) return value;
    const [result, key, item] = [this.#code.name(), this.#code.name(), this.#code.name()];
    this.#code.line(`const ${result} = {};`);
    this.#code.line(`for (const ${key} of Object.keys(${value})) {`);
    this.#code.line(`const ${item} = ${value}[${key}];`);
    this.#code.line(`if (${item} === undefined) continue;`);
    const built = this.#code.keep(this.value(values, item, deeper(depth)));
    this.#code.line(`if (${key} === "__proto__") ${setText(result, key, built, true)}`);
    this.#code.line(`else ${setText(result, key, built, false)}`);
    this.#code.line("}");
    return result;
  }

  /** Parsed JSON is nobody else's: values that need no change stay where they are. */
  #isKept(shape: Shape): boolean {
    if (this.#mode !== "read") return false;
    if (shape.kind === "nullable" || shape.kind === "wrapper") return this.#isKept(shape.inner);
    if (this.#isProtoJson) return shape.kind === "string" || shape.kind === "boolean";
    return isPlainKind(shape.kind);
  }

  #protoObject(shape: ObjectShape, value: string, depth: Depth): string {
    const code = this.#code;
    this.#container(notRecordText(code, value), depth);
    // Forms of their own are the reference's to know.
    if (shape.wellKnown) this.#unusualIf("true");
    const fields = Object.entries(shape.fields);
    if (this.#mode === "read") {
      const items = fields.map(([name, field]) => {
        return { name, field, item: this.#protoItem(value, name, field) };
      });
      return this.#fields(items, depth);
    }
    const result = code.keep("{}");
    for (const [name, field] of fields) {
      const item = code.keep(readText(value, name));
      code.line(`if (${item} !== undefined) {`);
      const built = code.keep(this.value(field.shape, item, deeper(depth)));
      const set = setText(result, JSON.stringify(name), built, name === "__proto__");
      code.line(field.implicit ? `if (${this.#isSaid(field, built)}) ${set}` : set);
      code.line("}");
    }
    return result;
  }

  /** By either of its names; null is as if it were not there, but where null is a value. */
  #protoItem(value: string, name: string, { shape, protoName }: Field): string {
    const item = this.#code.name();
    this.#code.line(`let ${item} = ${readText(value, name)};`);
    if (protoName !== undefined) {
      this.#code.line(`if (${item} === undefined) ${item} = ${readText(value, protoName)};`);
    }
    if (shape.kind !== "json") this.#code.line(`if (${item} === null) ${item} = undefined;`);
    return item;
  }

  /** Whether it is not the zero that implicit presence leaves out. */
  #isSaid({ default: zero }: Field, built: string): string {
    const text = JSON.stringify(zero);
    if (text === "[]") return `${built}.length > 0`;
    if (text === "{}") return `Object.keys(${built}).length > 0`;
    if (typeof zero !== "object") return `${built} !== ${text}`;
    return `JSON.stringify(${built}) !== ${JSON.stringify(text)}`;
  }

  #object(shape: ObjectShape, value: string, depth: Depth): string {
    this.#container(notRecordText(this.#code, value, shape), depth);
    const fields = Object.entries(shape.fields).map(([name, field]) => {
      const item = this.#code.keep(readText(value, name));
      return { name, field, item };
    });
    return this.#fields(fields, depth);
  }

  #fields(
    fields: readonly { readonly name: string; readonly field: Field; readonly item: string }[],
    depth: Depth,
  ): string {
    const present = fields.flatMap(({ name, field, item }) => {
      if (field.default === undefined && field.optional) return [];
      return [`${keyText(name)}: ${this.#certain(field, item, deeper(depth))}`];
    });
    const result = this.#code.keep(`{ ${present.join(", ")} }`);
    for (const { name, field, item } of fields) {
      if (field.default !== undefined || !field.optional) continue;
      this.#code.line(`if (${item} !== undefined) {`);
      const built = this.value(field.shape, item, deeper(depth));
      this.#code.line(setText(result, JSON.stringify(name), built, name === "__proto__"));
      this.#code.line("}");
    }
    return result;
  }

  /** A field that the reader always has. */
  #certain(field: Field, item: string, depth: Depth): string {
    if (isRequired(field)) {
      this.#unusualIf(`${item} === undefined`);
      return this.value(field.shape, item, depth);
    }
    const result = this.#code.name();
    this.#code.line(`let ${result};`);
    this.#code.line(`if (${item} === undefined) ${result} = ${this.#default(field)};`);
    this.#code.line("else {");
    this.#code.line(`${result} = ${this.value(field.shape, item, depth)};`);
    this.#code.line("}");
    return result;
  }

  /** Scalars are written into the code; whatever a reader could change is made anew each time. */
  #default({ shape, default: value }: Field): string {
    const { isProto } = this.#code;
    if (isPlainKind(shape.kind) && !isProto) return JSON.stringify(value);
    if (this.#mode === "write") return this.#code.constant(value);
    const make = (): unknown => {
      return readJson(shape, structuredClone(value), this.#definitions, { isProto });
    };
    return `${this.#code.constant(make)}()`;
  }

  #oneof(variants: Definitions, value: string, depth: Depth): string {
    this.#container(notRecordText(this.#code, value), depth);
    const result = this.#code.keep("{}");
    for (const [name, variant] of Object.entries(variants)) {
      const item = this.#code.keep(readText(value, name));
      this.#code.line(`if (${item} !== undefined) {`);
      const built = this.value(variant, item, deeper(depth));
      this.#code.line(setText(result, JSON.stringify(name), built, name === "__proto__"));
      this.#code.line("}");
    }
    return result;
  }

  #container(check: string, depth: Depth): void {
    this.#unusualIf(depth.inDefinition ? `${check} || ${depthText(depth)} > ${depthMax}` : check);
  }

  #unusualIf(condition: string): void {
    this.#code.line(`if (${condition}) throw ${this.#code.constant(unusual)};`);
  }
}

function keepJson(value: unknown, depth: number): unknown {
  checkDepth(value, depth);
  return value;
}
