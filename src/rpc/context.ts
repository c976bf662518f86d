/**
 * The call that is being handled, wherever its code runs: nested calls find their deadline, cancellation, trace and
 * subject here without being told. This is the one AsyncLocalStorage of reef.
 */
import { AsyncLocalStorage } from "node:async_hooks";

import type { ServerCall } from "./server-call.ts";

export const callContext = new AsyncLocalStorage<ServerCall>({ name: "reef.call" });

/** A typed place for a value that middleware leaves for handlers, in the life of one call. */
export interface ContextKey<T> {
  readonly name: string;
  /** Only for the type: a key holds nothing itself. */
  readonly type?: T;
}

/** A new key; two keys are never the same, whatever their names. */
export function contextKey<T>(name: string): ContextKey<T> {
  return { name };
}
