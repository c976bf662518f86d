/**
 * In which namespaces somebody may act: the one function that decides it, for the blocks and at every entrance. What
 * that one may do there, the rules of that namespace say afterwards.
 */
import type { Caller } from "./identity.ts";

/** Who asks. */
export interface Subject {
  readonly namespace: string;
  readonly scopes: readonly string[];
}

/** Whose owners look after all others, and where those are whom nobody knows. */
export const homeNamespace = "default";

/** The scope of those who may do everything in their namespace. */
export const ownerScope = "owner";

/** Whether this one acts in that namespace at all: everybody in his own, and owners of the home in each. */
export function mayActIn(identity: Subject | undefined, namespace: string): boolean {
  return namespaceOf(identity) === namespace || isHomeOwner(identity);
}

/** Whoever may look after namespaces themselves. */
export function isHomeOwner(identity: Subject | undefined): boolean {
  return identity?.namespace === homeNamespace && identity.scopes.includes(ownerScope);
}

/** Where somebody acts who says nothing of it; undefined is one whom nobody knows. */
export function namespaceOf(identity: Subject | undefined): string {
  return identity?.namespace ?? homeNamespace;
}

/** A caller as rules ask about him; undefined for one whom nobody knows. */
export function subjectOf(caller: Caller): Subject | undefined {
  return caller.kind === "anonymous" ? undefined : caller;
}

/** As whom somebody asks in a namespace: an owner of the home is one everywhere. */
export function subjectIn(identity: Subject, namespace: string): Subject {
  if (identity.namespace === namespace || !isHomeOwner(identity)) return identity;
  return { namespace, scopes: [ownerScope] };
}
