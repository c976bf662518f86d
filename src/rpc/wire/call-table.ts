/**
 * The calls that one connection has under way, by the numbers that its peer has given them.
 *
 * Not a map: the tables that a map of JavaScript leaves behind as it changes are linked to each other, so that one of
 * them which has grown old keeps all later ones alive, with the calls that were in them. Nearly every call then
 * outlived the small collections of garbage, which cost as much as decoding it.
 */
import type { ServerCall } from "../server-call.ts";

/** Numbers that our own clients use again and again are below that (`call-slots.ts`); above it is their generation. */
const slotMask = 0xffff;

export class CallTable {
  /** By slot. It grows one by one, so that a peer cannot make it large with one number. */
  #slots: (ServerCall | undefined)[] = [undefined];
  /** Of peers that number in another way. */
  readonly #others = new Map<number, ServerCall>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(id: number): ServerCall | undefined {
    const call = this.#slots[id & slotMask];
    return call?.id === id ? call : this.#others.get(id);
  }

  /** There is none with its number yet. */
  add(call: ServerCall): void {
    const slot = call.id & slotMask;
    const isFree = slot <= this.#slots.length && this.#slots[slot] === undefined;
    if (isFree) this.#slots[slot] = call;
    else this.#others.set(call.id, call);
    this.#size += 1;
  }

  /** False when it was not there. */
  delete(id: number): boolean {
    const slot = id & slotMask;
    const isInSlot = this.#slots[slot]?.id === id;
    if (isInSlot) this.#slots[slot] = undefined;
    else if (!this.#others.delete(id)) return false;
    this.#size -= 1;
    return true;
  }

  /** All of them; none is left. */
  takeAll(): ServerCall[] {
    const calls = [...this.#slots.filter((call) => call !== undefined), ...this.#others.values()];
    this.#slots = [undefined];
    this.#others.clear();
    this.#size = 0;
    return calls;
  }
}
