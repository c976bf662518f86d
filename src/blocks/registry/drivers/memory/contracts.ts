/** Contracts by digest, each as long as a node promises it. */
import assert from "node:assert/strict";
import type { ContractDescriptor } from "../../../../contract/descriptor.ts";

export class Contracts {
  /** As JSON, which nobody can change, with how many nodes promise it. */
  readonly #kept = new Map<string, { readonly json: string; promises: number }>();

  /** One node more promises it. */
  keep(digest: string, contract: ContractDescriptor): void {
    const kept = this.#kept.get(digest) ?? { json: JSON.stringify(contract), promises: 0 };
    kept.promises += 1;
    this.#kept.set(digest, kept);
  }

  /** One node less. */
  drop(digest: string): void {
    const kept = this.#kept.get(digest);
    assert(kept, "a contract is kept for each node that promises it");
    kept.promises -= 1;
    if (kept.promises === 0) this.#kept.delete(digest);
  }

  find(digest: string): ContractDescriptor | undefined {
    const kept = this.#kept.get(digest);
    return kept && JSON.parse(kept.json);
  }
}
