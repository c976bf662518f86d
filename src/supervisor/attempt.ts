/** One run of a child: what it tells becomes messages to the loop, each at most once: so the mailbox stays bounded. */
import type { ChildSpec } from "./child.ts";
import type { UnstoppedChild } from "./events.ts";

export type AttemptNews =
  | { readonly kind: "child-ready" }
  | { readonly kind: "child-unstopped"; readonly inside: readonly UnstoppedChild[] }
  /** `thrown` is there when it failed; what was thrown may be anything, `undefined` too. */
  | { readonly kind: "child-over"; readonly failure?: { readonly thrown: unknown } };

/** News of one attempt before it is over: ready, unstopped, over. */
export const newsPerAttemptMax = 3;

export class Attempt {
  readonly #abort = new AbortController();
  /** When the run function has settled; never rejects. */
  readonly over: Promise<void>;

  constructor(spec: ChildSpec, path: string, tell: (attempt: Attempt, news: AttemptNews) => void) {
    const told = new Set<string>();
    const tellOnce = (news: AttemptNews) => {
      if (told.has(news.kind) || told.has("child-over")) return;
      told.add(news.kind);
      tell(this, news);
    };
    // Promise.try: a synchronous throw of run() is a failure like any other.
    this.over = Promise.try(() =>
      spec.run({
        signal: this.#abort.signal,
        path,
        ready: () => tellOnce({ kind: "child-ready" }),
        unstopped: (inside) => tellOnce({ kind: "child-unstopped", inside }),
      }),
    ).then(
      () => tellOnce({ kind: "child-over" }),
      (thrown: unknown) => tellOnce({ kind: "child-over", failure: { thrown } }),
    );
  }

  stop(): void {
    this.#abort.abort();
  }
}
