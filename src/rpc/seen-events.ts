/** A watch of several namespaces as one caller has it: without what is not shown to him. */
import { ReefError } from "../core/errors.ts";
import type { Caller } from "../core/identity.ts";

/** Who may look into which namespaces. */
export interface Sight {
  /** Whether what belongs to this namespace is shown to this one. */
  sees(caller: Caller, namespace: string): boolean;
  /** Calls `listener` when somebody may see more or less than before, until what this returns is disposed. */
  onChange(listener: () => void): Disposable;
}

export interface SeenEventsOptions<E> {
  readonly sight: Sight;
  readonly caller: Caller;
  /** Undefined for what is for everybody. */
  readonly namespaceOf: (event: E) => string | undefined;
  readonly signal: AbortSignal | undefined;
}

/** @throws {ReefError} `unavailable` when other namespaces are shown than when it began: the next watch tells those */
export async function* seenEvents<E>(
  watch: (signal: AbortSignal) => AsyncIterable<E>,
  { sight, caller, namespaceOf, signal }: SeenEventsOptions<E>,
): AsyncIterable<E> {
  const changed = new AbortController();
  const shown = new Map<string, boolean>();
  using stack = new DisposableStack();
  stack.use(
    sight.onChange(() => {
      const isOther = [...shown].some(([name, was]) => sight.sees(caller, name) !== was);
      if (isOther) changed.abort();
    }),
  );
  const either = signal ? AbortSignal.any([signal, changed.signal]) : changed.signal;
  for await (const event of watch(either)) {
    const namespace = namespaceOf(event);
    const isShown = namespace === undefined || sight.sees(caller, namespace);
    if (namespace !== undefined) shown.set(namespace, isShown);
    if (isShown) yield event;
  }
  if (changed.signal.aborted && signal?.aborted !== true) {
    const text = "Cannot watch on: other namespaces are shown now; watch again";
    throw new ReefError("unavailable", text, { maybeExecuted: false });
  }
}
