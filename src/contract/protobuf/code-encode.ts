/**
 * Generates the encoder of a plan: a function of a value `v`, the memory `b`, where in it to begin `p`, and how deep
 * the value is `d`. It knows well-formed values only and agrees with `encode.ts`, which decides about all others.
 */
import { codeAllowed, readText, unusual } from "../code.ts";
import { isRecord } from "../shape-check.ts";
import { depthMax } from "../shape.ts";
import { encodePart, keyOfText } from "./encode.ts";
import { PlanCode, tagText } from "./plan-code.ts";
import type { FieldPlan, MessagePlan } from "./plan.ts";
import { isWritableScalar, type ScalarPlan } from "./scalars.ts";
import { writeTimestamp } from "./well-known.ts";
import * as wire from "./wire-write.ts";

/**
 * Writes the message from `at` on and returns where it ends.
 * @throws `overflow` when the memory is too short, anything else when the reference has to decide
 */
export type Write = (value: unknown, bytes: Uint8Array, at: number, depth: number) => number;

/** Undefined where code generation is forbidden. */
export function generateEncoder(plan: MessagePlan): Write | undefined {
  if (!codeAllowed) return undefined;
  // The emitter decides what the function is.
  return new PlanCode("v, b, p, d", (code, message) => {
    new Encoder(code).message(message);
  }).build(plan) as Write;
}

class Encoder {
  readonly #code: PlanCode;

  constructor(code: PlanCode) {
    this.#code = code;
  }

  message(plan: MessagePlan): void {
    const code = this.#code;
    switch (plan.form) {
      case "object":
        this.#object(plan);
        break;
      case "nullable":
        code.line("if (v === null) return p;");
        this.#only(plan, "d");
        break;
      case "items":
        this.#unusualIf(`d > ${depthMax}`);
        this.#only(plan, "d");
        break;
      case "wrapper":
        this.#only(plan, "d");
        break;
      case "timestamp":
        this.#room(2 * wire.varintBytesMax);
        code.line(`p = ${code.constant(writeTimestamp)}(b, p, v);`);
        break;
      default: {
        const part = (value: unknown, depth: number): Uint8Array => encodePart(plan, value, depth);
        const bytes = code.keep(`${code.constant(part)}(v, d)`);
        this.#room(`${bytes}.length`);
        code.line(`b.set(${bytes}, p); p += ${bytes}.length;`);
      }
    }
    // Room is seen to before the first field; one of any length may take all of it and leave none for the next ones.
    // What those wrote behind the end is nowhere, and only their place shows it.
    code.line(`if (p > b.length) throw ${code.constant(wire.overflow)};`);
    code.line("return p;");
  }

  #object({ fields, groups }: MessagePlan): void {
    const certain = fields.some(({ required, name }) => required && name !== "length");
    // What has no fields lacks the required one, which is noticed when it is read.
    this.#unusualIf(
      certain ? 'typeof v !== "object" || v === null' : `!${this.#code.constant(isRecord)}(v)`,
    );
    this.#unusualIf(`d >= ${depthMax}`);
    const one = fields.filter(({ label }) => label === "one");
    this.#room(one.length * fieldBytesMax);
    const values = new Map(fields.map((field) => [field, this.#read(field)]));
    for (const group of groups) {
      const present = group.map((field) => `(${values.get(field)} !== undefined)`);
      if (present.length > 1) this.#unusualIf(`${present.join(" + ")} > 1`);
    }
    for (const [field, value] of values) this.#field(field, value);
  }

  #only({ fields }: MessagePlan, depth: string): void {
    const [field] = fields;
    if (!field) return;
    if (field.label === "one") this.#room(fieldBytesMax);
    this.#present(field, "v", depth);
  }

  #read(field: FieldPlan): string {
    const given = this.#code.keep(readText("v", field.name));
    if (field.unsent() === undefined) return given;
    const make = this.#code.constant(field.unsent);
    return this.#code.keep(`${given} === undefined ? ${make}() : ${given}`);
  }

  #field(field: FieldPlan, value: string): void {
    if (field.required) return this.#present(field, value, "d + 1");
    this.#code.line(`if (${value} !== undefined) {`);
    this.#present(field, value, "d + 1");
    this.#code.line("}");
  }

  #present(field: FieldPlan, value: string, depth: string): void {
    if (field.label === "list") this.#list(field, value, depth);
    else if (field.label === "map") this.#map(field, value, depth);
    else this.#one(field, value, depth);
  }

  #one(field: FieldPlan, value: string, depth: string): void {
    const { number, value: plan, implicit } = field;
    if (plan.type === "message") return this.#sub(field, value, depth);
    const checked = this.#checked(plan, value);
    const write = `${tagText(number, plan.wireType)} ${this.#scalar(plan, checked)}`;
    this.#code.line(implicit ? `if (${nonZeroText(plan, checked)}) { ${write} }` : write);
  }

  #sub({ number, value: plan, delimited }: FieldPlan, value: string, depth: string): void {
    if (plan.type === "scalar") return;
    const code = this.#code;
    const call = (at: string): string => `${code.message(plan)}(${value}, b, ${at}, ${depth})`;
    if (delimited) {
      code.line(`${tagText(number, 3)} p = ${call("p")};`);
      this.#room(wire.varintBytesMax);
      code.line(tagText(number, 4));
    } else {
      code.line(tagText(number, 2));
      this.#sized((at) => call(at));
    }
  }

  /** As much room for the length as the last one needed: it is nearly always right. */
  #sized(write: (at: string) => string): void {
    const code = this.#code;
    const last = code.global("1");
    // Kept: a message inside of itself comes by here again before the outer one has ended.
    const size = code.keep(last);
    const start = code.keep(`p + ${size}`);
    const end = code.keep(write(start));
    const length = code.keep(`${end} - ${start}`);
    code.line(`if (${size} === 1 && ${length} < 128) { b[p] = ${length}; p = ${end}; }`);
    const close = code.constant(wire.writeLength);
    const bytes = code.constant(wire.varintBytes);
    code.line(`else { p = ${close}(b, p, ${start}, ${end}); ${last} = ${bytes}(${length}); }`);
  }

  #list(field: FieldPlan, value: string, depth: string): void {
    const code = this.#code;
    const { value: plan, number, packed } = field;
    this.#unusualIf(`!Array.isArray(${value})`);
    if (!packed || plan.type === "message") {
      this.#each(value, (item) => this.#one({ ...field, implicit: false }, item, `${depth} + 1`));
      return;
    }
    code.line(`if (${value}.length > 0) {`);
    this.#room(fieldBytesMax);
    code.line(tagText(number, 2));
    const [start, size] = [code.name(), code.global("1")];
    code.line(`const ${start} = p; p += ${size};`);
    this.#each(value, (item) => code.line(this.#scalar(plan, this.#checked(plan, item))));
    const length = code.keep(`p - ${start} - ${size}`);
    code.line(`p = ${code.constant(wire.writeLength)}(b, ${start}, ${start} + ${size}, p);`);
    code.line(`${size} = ${code.constant(wire.varintBytes)}(${length});`);
    code.line("}");
  }

  #each(list: string, emit: (item: string) => void): void {
    const index = this.#code.name();
    this.#code.line(`for (let ${index} = 0; ${index} < ${list}.length; ${index}++) {`);
    this.#room(fieldBytesMax);
    emit(this.#code.keep(`${list}[${index}]`));
    this.#code.line("}");
  }

  #map({ number, value: entry }: FieldPlan, value: string, depth: string): void {
    if (entry.type === "scalar") return;
    const code = this.#code;
    const [key, item] = entry.fields;
    if (!key || !item || key.value.type !== "scalar") return;
    const keyPlan = key.value;
    this.#unusualIf(`!${code.constant(isRecord)}(${value})`);
    const name = code.name();
    code.line(`for (const ${name} of Object.keys(${value})) {`);
    const given = code.keep(`${value}[${name}]`);
    code.line(`if (${given} === undefined) continue;`);
    this.#room(3 * fieldBytesMax);
    code.line(tagText(number, 2));
    const start = code.name();
    code.line(`const ${start} = p++;`);
    const ofText = (text: string): unknown => keyOfText(keyPlan, text);
    const isText = keyPlan.coding === "string";
    const word = isText ? name : code.keep(`${code.constant(ofText)}(${name})`);
    this.#one(key, word, depth);
    this.#room(2 * fieldBytesMax);
    this.#one(item, given, `${depth} + 1`);
    code.line(`p = ${code.constant(wire.writeLength)}(b, ${start}, ${start} + 1, p);`);
    code.line("}");
  }

  /** Emits the check of a scalar, and returns what to write: the value, or the number of an enum. */
  #checked(plan: ScalarPlan, value: string): string {
    const code = this.#code;
    switch (plan.coding) {
      case "bool":
        this.#unusualIf(`typeof ${value} !== "boolean"`);
        return value;
      case "string":
        this.#unusualIf(`typeof ${value} !== "string"`);
        return value;
      case "bytes":
        this.#unusualIf(`!(${value} instanceof Uint8Array)`);
        return value;
      case "enum": {
        const known = `${code.constant(plan.words?.numbers)}.get(${value})`;
        const isNumber = `typeof ${value} === "number"`;
        const number = code.keep(plan.words?.open ? `${isNumber} ? ${value} : ${known}` : known);
        this.#unusualIf(`(${number} | 0) !== ${number}`);
        return number;
      }
      case "i64":
      case "si64":
      case "sf64":
        this.#unusualIf(`!Number.isSafeInteger(${value})`);
        return value;
      case "float":
      case "double":
        this.#unusualIf(`typeof ${value} !== "number"`);
        return value;
      case "int32":
      case "sint32":
      case "sfixed32":
        this.#unusualIf(`typeof ${value} !== "number" || (${value} | 0) !== ${value}`);
        return value;
      default: {
        const isWritable = (given: unknown): boolean => isWritableScalar(plan, given);
        this.#unusualIf(`!${code.constant(isWritable)}(${value})`);
        return value;
      }
    }
  }

  /** The statement that writes a scalar that was checked. */
  #scalar({ coding }: ScalarPlan, value: string): string {
    const call = (write: unknown, what = value): string => {
      return `p = ${this.#code.constant(write)}(b, p, ${what});`;
    };
    const small = (write: unknown): string => {
      return `if (${value} >= 0 && ${value} < 128) b[p++] = ${value}; else ${call(write)}`;
    };
    const constant = (convert: unknown): string => `${this.#code.constant(convert)}(${value})`;
    switch (coding) {
      case "bool":
        return `b[p++] = ${value} ? 1 : 0;`;
      case "string":
        return call(wire.writeText);
      case "bytes":
        return call(wire.writeBytes);
      case "enum":
      case "int32":
        return small(wire.writeInt32);
      case "uint32":
        return small(wire.writeUint32);
      case "sint32":
        return call(wire.writeUint32, constant(wire.zigzag32));
      case "fixed32":
      case "sfixed32":
        return call(wire.writeFixed32);
      case "i64":
        return small(wire.writeWhole);
      case "int64":
      case "uint64":
        return call(wire.writeBig);
      case "si64":
      case "sint64":
        return call(wire.writeBig, constant(wire.zigzag64));
      case "sf64":
        return call(wire.writeFixed64, `BigInt(${value})`);
      case "fixed64":
      case "sfixed64":
        return call(wire.writeFixed64);
      case "float":
        return call(wire.createFloatWriter(32));
      case "double":
        return call(wire.createFloatWriter(64));
    }
  }

  #room(bytes: number | string): void {
    if (bytes === 0) return;
    this.#code.line(`if (b.length - p < ${bytes}) throw ${this.#code.constant(wire.overflow)};`);
  }

  #unusualIf(condition: string): void {
    this.#code.line(`if (${condition}) throw ${this.#code.constant(unusual)};`);
  }
}

/** A tag, and the longest number or length. */
const fieldBytesMax = 5 + wire.varintBytesMax;

/** The condition of not being zero; minus zero is not. */
function nonZeroText({ coding }: ScalarPlan, value: string): string {
  if (coding === "bool") return value;
  if (coding === "string") return `${value} !== ""`;
  if (coding === "bytes") return `${value}.length > 0`;
  if (coding === "float" || coding === "double") return `!Object.is(${value}, 0)`;
  // One equals the other, whether it is a number or a bigint; minus zero of a whole number is nothing to keep.
  return `${value} != 0`;
}
