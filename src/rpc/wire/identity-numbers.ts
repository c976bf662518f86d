/** The caller's numbers for those whom it brings over a connection: who has not called for longest gives his away. */
import type { Pass } from "../pass.ts";
import { type Credentials, frame, identitiesMax } from "./frames.ts";
import type { FrameWriter } from "./frame-writer.ts";

interface Shown {
  readonly pass: Pass;
  readonly unlisten: () => void;
  token: string;
  /** When it was last used, in calls. */
  usedAt: number;
}

export class IdentityNumbers {
  readonly #numbers = new Map<Pass, number>();
  readonly #shown: (Shown | undefined)[] = [];
  #uses = 0;

  /** The number of somebody; shows his token to the far side when that does not know it. */
  of(pass: Pass, writer: FrameWriter): number {
    const number = this.#numberOf(pass);
    const shown = number === undefined ? undefined : this.#shown[number];
    if (number === undefined || !shown) return this.#show(pass, writer);
    shown.usedAt = this.#uses += 1;
    if (shown.token !== pass.token) this.#tell(number, shown, writer);
    return number;
  }

  clear(): void {
    for (const shown of this.#shown) shown?.unlisten();
    this.#shown.length = 0;
    this.#numbers.clear();
  }

  #numberOf(pass: Pass): number | undefined {
    const { numberHint } = pass;
    if (this.#shown[numberHint]?.pass === pass) return numberHint;
    const number = this.#numbers.get(pass);
    if (number !== undefined) pass.numberHint = number;
    return number;
  }

  #show(pass: Pass, writer: FrameWriter): number {
    const number = this.#numbers.size < identitiesMax ? this.#numbers.size + 1 : this.#free();
    const shown: Shown = {
      pass,
      token: "",
      usedAt: (this.#uses += 1),
      // What lasts over there would end with the token before.
      unlisten: pass.changed.on(() => this.#tell(number, shown, writer)),
    };
    this.#numbers.set(pass, number);
    this.#shown[number] = shown;
    this.#tell(number, shown, writer);
    return number;
  }

  #free(): number {
    let oldest = 1;
    for (let number = 2; number <= identitiesMax; number += 1) {
      if ((this.#shown[number]?.usedAt ?? 0) < (this.#shown[oldest]?.usedAt ?? 0)) oldest = number;
    }
    const shown = this.#shown[oldest];
    shown?.unlisten();
    if (shown) this.#numbers.delete(shown.pass);
    return oldest;
  }

  #tell(number: number, shown: Shown, writer: FrameWriter): void {
    shown.token = shown.pass.token;
    writeAuth(writer, number, { scheme: "token", token: shown.token });
  }
}

/** 0 is the peer itself. */
export function writeAuth(writer: FrameWriter, number: number, credentials: Credentials): void {
  writer.begin(frame.auth, 0, 0, 0);
  writer.u16(number);
  writer.text(JSON.stringify(credentials));
  writer.end();
}
