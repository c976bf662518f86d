/**
 * Writes JavaScript for one shape, so that a message costs a handful of property reads instead of a walk over its
 * shape.
 *
 * The generated functions know well-formed values only. For anything else they throw `unusual`, and the reference
 * (`json-write.ts`, `json-read.ts`, `copy.ts`, `shape-check.ts`) decides: it is the one place where rules for odd
 * values are written. Where code generation is forbidden the reference does everything.
 *
 * Names of authors reach the code as JSON.stringify'd strings only, and each shape is checked before it comes here.
 */
import { CodeText } from "./code-text.ts";
import { isProtoMessage, isRecord, isRequired, type Definitions } from "./shape-check.ts";
import type { ObjectShape, Shape } from "./shape.ts";

/** How deep a value is: `level` below the message, or below the argument `d` of a function for a definition. */
export interface Depth {
  readonly inDefinition: boolean;
  readonly level: number;
}

/** Emits the body of a function of `v` (and `d`) for a shape. */
export type EmitBody = (code: Code, shape: Shape, depth: Depth) => void;

/** What generated code throws when the reference has to decide. One for all: no stack is needed. */
export const unusual = new Error("A value that generated code does not know");

/** Whether this process may generate code; a flag or a policy of the host can forbid it for good. */
export const codeAllowed: boolean = probe();

/** The function for a shape; undefined where code generation is forbidden. */
export function generate<F>(
  shape: Shape,
  definitions: Definitions,
  emitBody: EmitBody,
): F | undefined {
  if (!codeAllowed) return undefined;
  // The emitter decides what the function is.
  return new Code(definitions, emitBody, isProtoMessage(shape)).build(shape) as F;
}

export class Code extends CodeText {
  /** Whether the message is from a `.proto`. */
  readonly isProto: boolean;
  readonly #definitions: Definitions;
  readonly #emitBody: EmitBody;
  readonly #functions = new Map<string, string>();

  constructor(definitions: Definitions, emitBody: EmitBody, isProto: boolean) {
    super();
    this.isProto = isProto;
    this.#definitions = definitions;
    this.#emitBody = emitBody;
  }

  build(shape: Shape): unknown {
    const depth = { inDefinition: false, level: 1 };
    this.function("message(v)", () => this.#emitBody(this, shape, depth));
    return this.run("message");
  }

  /** The function for a definition, as the name to call with a value and its depth. */
  definition(to: string): string {
    const known = this.#functions.get(to);
    if (known !== undefined) return known;
    const name = `f${this.#functions.size}`;
    this.#functions.set(to, name);
    // The shape was checked: each ref names a definition.
    const shape = this.#definitions[to] as Shape;
    const depth = { inDefinition: true, level: 0 };
    this.function(`${name}(v, d)`, () => this.#emitBody(this, shape, depth));
    return name;
  }
}

/** A property read that does not see what every object inherits. */
export function readText(object: string, name: string): string {
  const key = JSON.stringify(name);
  if (!(name in Object.prototype)) return `${object}[${key}]`;
  return `(Object.hasOwn(${object}, ${key}) ? ${object}[${key}] : undefined)`;
}

/**
 * The condition of having no fields. A list, a date or bytes lack a required field anyway, which is noticed when it is
 * read; only where that says nothing all of `isRecord` is asked.
 */
export function notRecordText(code: Code, value: string, shape?: ObjectShape): string {
  const fields = Object.entries(shape?.fields ?? {});
  if (fields.some(([name, field]) => isRequired(field) && name !== "length")) {
    return `typeof ${value} !== "object" || ${value} === null || Array.isArray(${value})`;
  }
  return `!${code.constant(isRecord)}(${value})`;
}

/** A key of an object literal; computed where a plain `__proto__` would set the prototype. */
export function keyText(name: string): string {
  const key = JSON.stringify(name);
  return name === "__proto__" ? `[${key}]` : key;
}

/** Sets an own property, also one called `__proto__`. */
export function setText(object: string, key: string, value: string, isProto: boolean): string {
  if (!isProto) return `${object}[${key}] = ${value};`;
  return `Object.defineProperty(${object}, ${key}, { value: ${value}, writable: true, enumerable: true, configurable: true });`;
}

export function depthText({ inDefinition, level }: Depth): string {
  return inDefinition ? `d + ${level}` : String(level);
}

export function deeper({ inDefinition, level }: Depth): Depth {
  return { inDefinition, level: level + 1 };
}

function probe(): boolean {
  try {
    return new Function("return true")() === true;
  } catch {
    // EvalError is the answer.
    return false;
  }
}
