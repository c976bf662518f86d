/** Generates the test of a message: true when it is valid, false when `checkShape` has to say why it is not. */
import {
  deeper,
  depthText,
  generate,
  notRecordText,
  readText,
  type Code,
  type Depth,
} from "./code.ts";
import {
  checkShape,
  isFloat,
  isKeyOf,
  isRecord,
  isRequired,
  isWritable,
  type Definitions,
} from "./shape-check.ts";
import {
  depthMax,
  type NumberShape,
  type ObjectShape,
  type ScalarShape,
  type Shape,
} from "./shape.ts";

/** Whether a value has this shape; the same answer as `checkShape` without the reasons. */
export function createTest(
  shape: Shape,
  definitions: Definitions = {},
): (value: unknown) => boolean {
  return (
    generate(shape, definitions, (code, body, depth) => {
      emitTest(code, body, "v", depth);
      code.line("return true;");
    }) ?? ((value) => checkShape(shape, value, definitions).length === 0)
  );
}

function emitTest(code: Code, shape: Shape, value: string, depth: Depth): void {
  switch (shape.kind) {
    case "nullable":
      code.line(`if (${value} !== null) {`);
      emitTest(code, shape.inner, value, depth);
      return code.line("}");
    case "wrapper":
      return emitTest(code, shape.inner, value, depth);
    case "ref":
      return failIf(code, `!${code.definition(shape.to)}(${value}, ${depthText(depth)})`);
    case "json":
      if (shape.as === "struct") failIf(code, notRecordText(code, value));
      if (shape.as === "list") failIf(code, `!Array.isArray(${value})`);
      return failIf(code, `!${code.constant(isJson)}(${value}, ${depthText(depth)})`);
    case "list":
      return emitList(code, shape, value, depth);
    case "map": {
      failIf(code, notRecordText(code, value));
      failIfDeep(code, depth);
      const key = code.name();
      code.line(`for (const ${key} of Object.keys(${value})) {`);
      const { keys } = shape;
      if (keys && keys.kind !== "string") {
        failIf(code, `!${code.constant(isKeyOf)}(${code.constant(keys)}, ${key})`);
      }
      emitTest(code, shape.values, code.keep(`${value}[${key}]`), deeper(depth));
      return code.line("}");
    }
    case "object":
      return emitObject(code, shape, value, depth);
    case "oneof":
      return emitOneof(code, shape.variants, value, depth);
    default:
      return failIf(code, scalarText(code, shape, value));
  }
}

function emitList(
  code: Code,
  shape: Extract<Shape, { kind: "list" }>,
  value: string,
  depth: Depth,
): void {
  failIf(code, `!Array.isArray(${value})`);
  failIfDeep(code, depth);
  if (shape.minItems !== undefined) failIf(code, `${value}.length < ${shape.minItems}`);
  if (shape.maxItems !== undefined) failIf(code, `${value}.length > ${shape.maxItems}`);
  const index = code.name();
  code.line(`for (let ${index} = 0; ${index} < ${value}.length; ${index}++) {`);
  emitTest(code, shape.items, code.keep(`${value}[${index}]`), deeper(depth));
  code.line("}");
}

function emitObject(code: Code, shape: ObjectShape, value: string, depth: Depth): void {
  const fields = Object.entries(shape.fields);
  failIf(code, notRecordText(code, value, shape));
  failIfDeep(code, depth);
  for (const [name, field] of fields) {
    const item = code.keep(readText(value, name));
    if (isRequired(field)) {
      emitTest(code, field.shape, item, deeper(depth));
    } else {
      code.line(`if (${item} !== undefined) {`);
      emitTest(code, field.shape, item, deeper(depth));
      code.line("}");
    }
  }
  for (const group of Object.values(shape.oneofs ?? {})) {
    const present = group.map((name) => `(${readText(value, name)} !== undefined)`);
    if (present.length > 1) failIf(code, `${present.join(" + ")} > 1`);
  }
}

function emitOneof(code: Code, variants: Definitions, value: string, depth: Depth): void {
  failIf(code, notRecordText(code, value));
  failIfDeep(code, depth);
  const count = code.name();
  code.line(`let ${count} = 0;`);
  for (const [name, variant] of Object.entries(variants)) {
    const item = code.keep(readText(value, name));
    code.line(`if (${item} !== undefined) {`);
    code.line(`${count}++;`);
    emitTest(code, variant, item, deeper(depth));
    code.line("}");
  }
  failIf(code, `${count} !== 1`);
}

/** The condition of being wrong. */
function scalarText(code: Code, shape: ScalarShape, value: string): string {
  switch (shape.kind) {
    case "boolean":
      return `typeof ${value} !== "boolean"`;
    case "enum": {
      const unknown = `!${code.constant(new Set(shape.values))}.has(${value})`;
      if (!shape.open) return unknown;
      return `${unknown} && (typeof ${value} !== "number" || (${value} | 0) !== ${value})`;
    }
    case "timestamp":
      return `!(${value} instanceof Date) || !${code.constant(isWritable)}(${value})`;
    case "bytes":
      return `!(${value} instanceof Uint8Array)${bound(`${value}.length`, ">", shape.maxBytes)}`;
    case "string": {
      const { minLength, maxLength, pattern } = shape;
      const type = `typeof ${value} !== "string"`;
      const length = `${value}.length`;
      const lengths = `${bound(length, "<", minLength)}${bound(length, ">", maxLength)}`;
      if (pattern === undefined) return type + lengths;
      return `${type}${lengths} || !${code.constant(new RegExp(pattern, "u"))}.test(${value})`;
    }
    default: {
      const { kind, minimum, maximum } = shape;
      return `${numberText(code, kind, value)}${bound(value, "<", minimum)}${bound(value, ">", maximum)}`;
    }
  }
}

function numberText(code: Code, kind: NumberShape["kind"], value: string): string {
  const notNumber = `typeof ${value} !== "number"`;
  switch (kind) {
    case "int64":
      return `typeof ${value} !== "bigint" || BigInt.asIntN(64, ${value}) !== ${value}`;
    case "uint64":
      return `typeof ${value} !== "bigint" || BigInt.asUintN(64, ${value}) !== ${value}`;
    case "integer":
      return `!Number.isSafeInteger(${value})`;
    case "int32":
      return `${notNumber} || (${value} | 0) !== ${value}`;
    case "uint32":
      return `${notNumber} || ${value} >>> 0 !== ${value}`;
    case "float":
      return `!${code.constant(isFloat)}(${value})`;
    case "double":
      return code.isProto ? notNumber : `${notNumber} || ${value} - ${value} !== 0`;
  }
}

function bound(value: string, operator: "<" | ">", limit: number | undefined): string {
  return limit === undefined ? "" : ` || ${value} ${operator} ${limit}`;
}

function failIf(code: Code, condition: string): void {
  code.line(`if (${condition}) return false;`);
}

/** Outside of definitions the shape itself bounds the depth. */
function failIfDeep(code: Code, depth: Depth): void {
  if (depth.inDefinition) failIf(code, `${depthText(depth)} > ${depthMax}`);
}

function isJson(value: unknown, depth: number): boolean {
  if (value === null || typeof value === "string" || typeof value === "boolean") return true;
  if (typeof value === "number") return Number.isFinite(value);
  if (depth > depthMax) return false;
  if (Array.isArray(value)) return value.every((item) => isJson(item, depth + 1));
  if (!isRecord(value)) return false;
  return Object.values(value).every((item) => item === undefined || isJson(item, depth + 1));
}
