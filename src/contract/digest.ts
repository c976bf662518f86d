/** The digest of a contract: nodes, registry and clients compare it instead of whole descriptors. */
import { sha256 } from "../core/sha256.ts";
import type { ContractDescriptor } from "./descriptor.ts";

/** SHA-256 of the canonical JSON, in hexadecimal. */
export function digestOf(descriptor: ContractDescriptor): string {
  return sha256(new TextEncoder().encode(canonicalJson(descriptor)));
}

/** Keys sorted, so that the order in which somebody wrote methods and fields does not matter. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  const sorted = entries.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return `{${sorted.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(",")}}`;
}
