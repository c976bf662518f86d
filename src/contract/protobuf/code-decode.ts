/**
 * Generates the decoder of a plan: a function of the bytes `b`, where a message begins `p` and ends `e`, and how deep
 * it is `d`. What is not as it nearly always is (a message in parts, a number that is longer than it need be) throws,
 * and `decode.ts` reads the whole anew.
 */
import { copySlice } from "../../core/text-bytes.ts";
import { codeAllowed, keyText, setText, unusual } from "../code.ts";
import { depthMax } from "../shape.ts";
import { decodePart } from "./decode.ts";
import { PlanCode } from "./plan-code.ts";
import type { FieldPlan, MessagePlan } from "./plan.ts";
import type { ScalarPlan } from "./scalars.ts";
import { readDate } from "./well-known.ts";
import * as wire from "./wire-read.ts";

/** @throws anything, when the reference has to decide */
export type Read = (bytes: Uint8Array, start: number, end: number, depth: number) => unknown;

/** Undefined where code generation is forbidden. */
export function generateDecoder(plan: MessagePlan): Read | undefined {
  if (!codeAllowed) return undefined;
  const cursor: wire.Cursor = { at: 0 };
  // The emitter decides what the function is.
  return new PlanCode("b, p, e, d", (code, message) => {
    new Decoder(code, cursor).message(message);
  }).build(plan) as Read;
}

class Decoder {
  readonly #code: PlanCode;
  readonly #cursor: string;
  /** How deep the values of the fields are: only objects are a level of the value. */
  #inside = "d";

  constructor(code: PlanCode, cursor: wire.Cursor) {
    this.#code = code;
    this.#cursor = code.constant(cursor);
  }

  message(plan: MessagePlan): void {
    const code = this.#code;
    if (plan.form === "json" || plan.form === "struct" || plan.form === "list") {
      const part = (bytes: Uint8Array, depth: number): unknown => decodePart(plan, bytes, depth);
      code.line(`return ${code.constant(part)}(b.subarray(p, e), d);`);
      return;
    }
    if (plan.form === "object") {
      this.#inside = "d + 1";
      this.#unusualIf(`d >= ${depthMax}`);
    }
    if (plan.form === "items") this.#unusualIf(`d > ${depthMax}`);
    const names = new Map(plan.fields.map((field) => [field, this.#declare(field)]));
    this.#loop(plan, names);
    code.line(`return ${this.#result(plan, names)};`);
  }

  #declare(field: FieldPlan): string {
    const name = this.#code.name();
    this.#code.line(`let ${name}${startText(field)};`);
    return name;
  }

  #loop({ fields }: MessagePlan, names: ReadonlyMap<FieldPlan, string>): void {
    const code = this.#code;
    code.line("while (p < e) {");
    code.line("let t = b[p++];");
    const readTag = `${code.constant(wire.readSize)}(b, p - 1, e, ${this.#cursor})`;
    code.line(`if (t > 127) { t = ${readTag}; p = ${this.#cursor}.at; }`);
    code.line("switch (t) {");
    for (const field of fields) this.#cases(field, names);
    const skip = code.constant(wire.skipField);
    code.line(`default: p = ${skip}(b, p, e, t, ${this.#cursor});`);
    code.line("}");
    code.line("}");
    this.#unusualIf("p !== e");
  }

  #cases(field: FieldPlan, names: ReadonlyMap<FieldPlan, string>): void {
    const code = this.#code;
    const { value: plan, label, number } = field;
    // Each field was declared.
    const target = names.get(field) as string;
    if (plan.type === "message") {
      if (field.delimited) {
        code.line(`case ${number * 8 + 3}: throw ${code.constant(unusual)};`);
        return;
      }
      code.line(`case ${number * 8 + 2}: {`);
      this.#message(field, plan, target);
    } else {
      code.line(`case ${number * 8 + plan.wireType}: {`);
      const value = this.#scalar(plan, "e");
      code.line(label === "list" ? `${target}.push(${value});` : `${target} = ${value};`);
    }
    for (const rival of field.rivals) code.line(`${names.get(rival)} = undefined;`);
    code.line("break; }");
    if (label !== "list" || plan.type === "message" || plan.wireType === 2) return;
    code.line(`case ${number * 8 + 2}: {`);
    const end = this.#end();
    code.line(`while (p < ${end}) {`);
    code.line(`${target}.push(${this.#scalar(plan, end)});`);
    code.line("}");
    this.#unusualIf(`p !== ${end}`);
    code.line("break; }");
  }

  #message(field: FieldPlan, plan: MessagePlan, target: string): void {
    const code = this.#code;
    const end = this.#end();
    const read = (depth: string): string => `${code.message(plan)}(b, p, ${end}, ${depth})`;
    const inside = this.#inside;
    if (field.label === "list") code.line(`${target}.push(${read(`${inside} + 1`)});`);
    else if (field.label === "one") {
      // Its parts are merged.
      this.#unusualIf(`${target} !== undefined`);
      code.line(`${target} = ${read(inside)};`);
    } else {
      const entry = code.keep(read(`${inside} + 1`));
      // An entry is a key and a value. What would set a prototype is for the reference.
      this.#unusualIf(`${entry}.key === "__proto__"`);
      code.line(`${target}[${entry}.key] = ${entry}.value;`);
    }
    code.line(`p = ${end};`);
  }

  /** Reads a length, and keeps where what is behind it ends. */
  #end(): string {
    const size = this.#small(wire.readSize, "e");
    // Also when there was no byte to read.
    this.#unusualIf(`!(${size} <= e - p)`);
    return this.#code.keep(`p + ${size}`);
  }

  /** A number that is one byte nearly always. */
  #small(read: unknown, end: string): string {
    const name = this.#code.name();
    this.#code.line(`let ${name} = b[p++];`);
    const call = `${this.#code.constant(read)}(b, p - 1, ${end}, ${this.#cursor})`;
    this.#code.line(`if (${name} > 127) { ${name} = ${call}; p = ${this.#cursor}.at; }`);
    return name;
  }

  /** Emits the reading of a scalar, and returns its expression. */
  #scalar(plan: ScalarPlan, end: string): string {
    const code = this.#code;
    const call = (read: unknown, of: string): string => `${code.constant(read)}(${of})`;
    const long = (read: unknown): string => {
      const value = code.keep(`${code.constant(read)}(b, p, ${end}, ${this.#cursor})`);
      code.line(`p = ${this.#cursor}.at;`);
      return value;
    };
    switch (plan.coding) {
      case "bool": {
        const bit = this.#small(wire.readInt32, end);
        this.#unusualIf(`${bit} !== 0 && ${bit} !== 1`);
        return `${bit} === 1`;
      }
      case "string":
      case "bytes": {
        const stop = this.#end();
        const read = plan.coding === "string" ? wire.readText : copySlice;
        const value = code.keep(call(read, `b, p, ${stop}`));
        code.line(`p = ${stop};`);
        return value;
      }
      case "enum": {
        const number = this.#small(wire.readInt32, end);
        const word = code.keep(`${code.constant(plan.words?.names)}.get(${number})`);
        return `${word} === undefined ? ${number} : ${word}`;
      }
      case "int32":
        return this.#small(wire.readInt32, end);
      case "uint32":
        return `${this.#small(wire.readInt32, end)} >>> 0`;
      case "sint32": {
        const bits = this.#small(wire.readInt32, end);
        return `(${bits} >>> 1) ^ -(${bits} & 1)`;
      }
      case "i64":
        return this.#small(wire.readWhole, end);
      case "si64":
        return `Number(${call(wire.unzigzag64, long(wire.readBits))})`;
      case "int64":
        return long(wire.readInt64);
      case "uint64":
        return long(wire.readBits);
      case "sint64":
        return call(wire.unzigzag64, long(wire.readBits));
      default:
        return this.#fixed(plan, end);
    }
  }

  #fixed({ coding, wireType }: ScalarPlan, end: string): string {
    const code = this.#code;
    const size = wireType === 1 ? 8 : 4;
    this.#unusualIf(`${end} - p < ${size}`);
    const read = (reader: unknown): string => code.keep(`${code.constant(reader)}(b, p)`);
    let value: string;
    if (coding === "float") value = read(wire.createFloatReader(32));
    else if (coding === "double") value = read(wire.createFloatReader(64));
    else value = read(size === 4 ? wire.readFixed32 : wire.readFixed64);
    code.line(`p += ${size};`);
    if (coding === "fixed32") return `${value} >>> 0`;
    if (coding === "sfixed64") return `BigInt.asIntN(64, ${value})`;
    return coding === "sf64" ? `Number(BigInt.asIntN(64, ${value}))` : value;
  }

  #result({ form, fields }: MessagePlan, names: ReadonlyMap<FieldPlan, string>): string {
    const [first, second] = fields.map((field) => names.get(field) as string);
    if (form === "nullable") return `${first} === undefined ? null : ${first}`;
    if (form === "timestamp") return `${this.#code.constant(readDate)}(${first}, ${second})`;
    if (form !== "object" && form !== "entry") return String(first);
    const optional = fields.filter((field) => !isCertain(field));
    if (form === "entry") {
      // A value that was not written is its zero.
      this.#unusualIf(`${second} === undefined`);
      return `{ key: ${first}, value: ${second} }`;
    }
    const certain = fields.filter(isCertain).map((field) => {
      return `${keyText(field.name)}: ${this.#certain(field, names.get(field) as string)}`;
    });
    const result = this.#code.keep(`{ ${certain.join(", ")} }`);
    for (const field of optional) {
      const value = names.get(field) as string;
      const set = setText(result, JSON.stringify(field.name), value, field.name === "__proto__");
      this.#code.line(`if (${value} !== undefined) ${set}`);
    }
    return result;
  }

  #certain(field: FieldPlan, value: string): string {
    if (startText(field) !== "") return value;
    if (field.absent() === undefined) {
      this.#unusualIf(`${value} === undefined`);
      return value;
    }
    return `${value} === undefined ? ${this.#code.constant(field.absent)}() : ${value}`;
  }

  #unusualIf(condition: string): void {
    this.#code.line(`if (${condition}) throw ${this.#code.constant(unusual)};`);
  }
}

/** Whether the reader always has it. */
function isCertain(field: FieldPlan): boolean {
  return field.required || field.absent() !== undefined;
}

/** What a field is before anything is read, where that can be written into the code; else nothing. */
function startText({ label, rivals, absent }: FieldPlan): string {
  if (label === "list") return " = []";
  if (label === "map") return " = {}";
  const value = rivals.length > 0 ? undefined : absent();
  if (typeof value === "string") return ` = ${JSON.stringify(value)}`;
  if (typeof value === "bigint") return ` = ${value}n`;
  if (typeof value === "boolean") return ` = ${value}`;
  return typeof value === "number" ? ` = ${Object.is(value, -0) ? "-0" : value}` : "";
}
