/** Puts the functions together that are generated for the messages of a plan: one for each, which call each other. */
import type { MessagePlan } from "./plan.ts";

/** Emits the body of the function of a message. */
export type EmitMessage = (code: PlanCode, plan: MessagePlan) => void;

export class PlanCode {
  readonly #parameters: string;
  readonly #emit: EmitMessage;
  readonly #constants: unknown[] = [];
  readonly #functions = new Map<MessagePlan, string>();
  readonly #texts: string[] = [];
  #lines: string[] = [];
  #names = 0;

  /** `parameters` are those of each function. */
  constructor(parameters: string, emit: EmitMessage) {
    this.#parameters = parameters;
    this.#emit = emit;
  }

  build(plan: MessagePlan): unknown {
    const main = this.message(plan);
    const names = this.#constants.map((_, index) => `c${index}`);
    const body = `"use strict";\n${this.#texts.join("\n")}\nreturn ${main};`;
    return new Function(...names, body)(...this.#constants);
  }

  line(text: string): void {
    this.#lines.push(text);
  }

  /** A name that nothing else has. */
  name(): string {
    return `x${this.#names++}`;
  }

  /** A variable that outlives a call. */
  global(value: string): string {
    const name = `g${this.#names++}`;
    this.#texts.push(`let ${name} = ${value};`);
    return name;
  }

  /** Makes a value of this process known to the code. */
  constant(value: unknown): string {
    const known = this.#constants.indexOf(value);
    return `c${known === -1 ? this.#constants.push(value) - 1 : known}`;
  }

  /** Keeps an expression in a variable. */
  keep(expression: string): string {
    const name = this.name();
    this.line(`const ${name} = ${expression};`);
    return name;
  }

  /** The name of the function of a message. */
  message(plan: MessagePlan): string {
    const known = this.#functions.get(plan);
    if (known !== undefined) return known;
    const name = `f${this.#functions.size}`;
    this.#functions.set(plan, name);
    const outer = this.#lines;
    this.#lines = [];
    this.#emit(this, plan);
    this.#texts.push(`function ${name}(${this.#parameters}) {\n${this.#lines.join("\n")}\n}`);
    this.#lines = outer;
    return name;
  }
}

/** The bytes of a tag, as statements that write them. */
export function tagText(number: number, wireType: number): string {
  return tagBytes(number, wireType)
    .map((byte) => `b[p++] = ${byte};`)
    .join(" ");
}

function tagBytes(number: number, wireType: number): number[] {
  const bytes: number[] = [];
  let rest = number * 8 + wireType;
  while (rest > 127) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  return [...bytes, rest];
}
