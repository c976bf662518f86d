/**
 * Numbers for the calls of one connection: a slot in the low bits, a generation above. A slot is used again at once;
 * a reply that comes too late carries the old generation and finds nobody.
 */
import assert from "node:assert/strict";

import type { ClientCall } from "../client-call.ts";

/** 65,536 slots leave 16 bits of generation. */
const slotBits = 16;
const slotMask = (1 << slotBits) - 1;
const generations = 1 << (32 - slotBits);

export class CallSlots {
  readonly #limit: number;
  readonly #calls: (ClientCall | undefined)[] = [];
  readonly #generation: number[] = [];
  readonly #free: number[] = [];

  constructor(limit: number) {
    // Number 0 is the connection itself, so slot 0 is never given out.
    this.#limit = Math.min(limit, slotMask);
    this.#calls.push(undefined);
    this.#generation.push(0);
  }

  get full(): boolean {
    return this.#free.length === 0 && this.#calls.length > this.#limit;
  }

  /** No call is under way. */
  get idle(): boolean {
    return this.inUse === 0;
  }

  /** Calls under way. */
  get inUse(): number {
    return this.#calls.length - 1 - this.#free.length;
  }

  take(call: ClientCall): number {
    let slot = this.#free.pop();
    if (slot === undefined) {
      assert(!this.full);
      slot = this.#calls.push(undefined) - 1;
      this.#generation.push(0);
    }
    this.#calls[slot] = call;
    return ((this.#generation[slot] ?? 0) * (slotMask + 1) + slot) >>> 0;
  }

  find(id: number): ClientCall | undefined {
    const slot = id & slotMask;
    return this.#generation[slot] === id >>> slotBits ? this.#calls[slot] : undefined;
  }

  /** Gives the number back; false when it was no longer in use. */
  free(id: number): boolean {
    const slot = id & slotMask;
    if (this.#calls[slot] === undefined || this.#generation[slot] !== id >>> slotBits) return false;
    this.#calls[slot] = undefined;
    this.#generation[slot] = ((id >>> slotBits) + 1) % generations;
    this.#free.push(slot);
    return true;
  }

  /** All calls under way; their numbers are free afterwards. */
  takeAll(): ClientCall[] {
    const calls = this.#calls.filter((call) => call !== undefined);
    for (const call of calls) this.free(call.id);
    return calls;
  }
}
