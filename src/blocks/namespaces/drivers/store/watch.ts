/** The watch of the table, as a watch of namespaces. */
import type { WatchEvent } from "../../../store/index.ts";
import type { NamespaceEvent } from "../../index.ts";
import { nameOf, readNamespace, type Records } from "./records.ts";

export function watchNamespaces(
  records: Records,
  signal: AbortSignal | undefined,
): AsyncIterable<NamespaceEvent> {
  return {
    [Symbol.asyncIterator]() {
      const left = new AbortController();
      const over = signal ? AbortSignal.any([signal, left.signal]) : left.signal;
      const events = records.watch(over)[Symbol.asyncIterator]();
      const ready: NamespaceEvent[] = [];
      return {
        async next() {
          for (;;) {
            const event = ready.shift();
            if (event) return { done: false, value: event };
            // Each event may tell several things, or nothing.
            // oxlint-disable-next-line no-await-in-loop
            const { done, value } = await events.next();
            if (done) return { done, value: undefined };
            ready.push(...told(value));
          }
        },
        async return() {
          left.abort();
          await events.return?.();
          return { done: true, value: undefined };
        },
      };
    },
  };
}

function told(event: WatchEvent): NamespaceEvent[] {
  if (event.kind === "complete") return [{ kind: "complete" }];
  return event.changes.map(({ key, value }) => {
    return value
      ? { kind: "namespace", namespace: readNamespace(value) }
      : { kind: "gone", name: nameOf(key) };
  });
}
