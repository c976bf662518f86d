/** Puts the functions together that are generated for the messages of a plan: one for each, which call each other. */
import { CodeText } from "../code-text.ts";
import type { MessagePlan } from "./plan.ts";

/** Emits the body of the function of a message. */
export type EmitMessage = (code: PlanCode, plan: MessagePlan) => void;

export class PlanCode extends CodeText {
  readonly #parameters: string;
  readonly #emit: EmitMessage;
  readonly #functions = new Map<MessagePlan, string>();

  /** `parameters` are those of each function. */
  constructor(parameters: string, emit: EmitMessage) {
    super();
    this.#parameters = parameters;
    this.#emit = emit;
  }

  build(plan: MessagePlan): unknown {
    return this.run(this.message(plan));
  }

  /** The name of the function of a message. */
  message(plan: MessagePlan): string {
    const known = this.#functions.get(plan);
    if (known !== undefined) return known;
    const name = `f${this.#functions.size}`;
    this.#functions.set(plan, name);
    this.function(`${name}(${this.#parameters})`, () => this.#emit(this, plan));
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
