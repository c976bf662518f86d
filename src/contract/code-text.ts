/** Text of JavaScript that is being written: lines of the function at hand, names, and values that the code may use. */

export class CodeText {
  readonly #constants: unknown[] = [];
  /** Of the whole program. */
  readonly #texts: string[] = [];
  #lines: string[] = [];
  #names = 0;

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

  /** A function whose body is the lines that `emit` writes; others may be written meanwhile. */
  function(head: string, emit: () => void): void {
    const outer = this.#lines;
    this.#lines = [];
    emit();
    this.#texts.push(`function ${head} {\n${this.#lines.join("\n")}\n}`);
    this.#lines = outer;
  }

  /** The function of this name, as a value. */
  run(name: string): unknown {
    const parameters = this.#constants.map((_, index) => `c${index}`);
    const body = `"use strict";\n${this.#texts.join("\n")}\nreturn ${name};`;
    return new Function(...parameters, body)(...this.#constants);
  }
}
