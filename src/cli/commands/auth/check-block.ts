/** Whether a resource of the platform's own is there: a rule about a slip would forbid nothing, without a word. */
import { type EntrancePage, type Resource } from "../../../core/access-rules.ts";
import { didYouMean } from "../../../core/suggest.ts";
import { usageError } from "../../failure.ts";
import { shownResource, tryNext } from "./action.ts";

const pages: { readonly [page in EntrancePage]: true } = {
  contracts: true,
  health: true,
  services: true,
};

/** @throws {ReefError} usage: no part of the platform has this name, or this method */
export async function checkBlock(resource: Resource): Promise<void> {
  const { type, name, endpoint } = resource;
  if (type !== "block" || name === "*") return;
  const { blockContracts } = await import("../../../server/block-contracts.ts");
  const methods = new Map<string, readonly string[]>([["entrance", Object.keys(pages)]]);
  for (const each of blockContracts) methods.set(each.name, Object.keys(each.methods));
  const of = methods.get(name);
  if (!of) throw unknown(resource, `the platform has no part "${name}"`, [...methods.keys()], name);
  if (endpoint === "*" || of.includes(endpoint)) return;
  throw unknown(resource, `"${name}" has no method "${endpoint}"`, of, endpoint);
}

function unknown(resource: Resource, rule: string, known: readonly string[], typed: string): Error {
  const shown = shownResource(resource);
  const hint = didYouMean(typed, known);
  return usageError(
    `Cannot use the resource "${shown}": ${rule}${hint}; there are ${known.toSorted().join(", ")}`,
    { tryNext },
  );
}
