/** Everything that can happen to a supervisor, as one closed list: its loop handles them one after the other. */
import type { Timer } from "../core/clock.ts";
import type { Attempt, AttemptNews } from "./attempt.ts";
import type { ChildSpec } from "./child.ts";
import type { ChildState } from "./events.ts";
import type { Supervised } from "./supervised.ts";

/** The way back to whoever asked. */
export interface Reply<T> {
  resolve(value: T): void;
  reject(error: unknown): void;
}

/** What callers ask for; each is answered once. */
export type Request =
  | { readonly kind: "add"; readonly specs: readonly ChildSpec[]; readonly reply: Reply<void> }
  | {
      readonly kind: "start" | "stop" | "restart" | "remove";
      readonly name: string;
      readonly reply: Reply<void>;
    }
  | { readonly kind: "list"; readonly reply: Reply<readonly ChildState[]> }
  | WhenReady;

/** Without a name: every child. */
export interface WhenReady {
  readonly kind: "when-ready";
  readonly name: string | undefined;
  readonly reply: Reply<void>;
}

export type Message =
  | Request
  | { readonly kind: "forget"; readonly reply: Reply<void>; readonly reason: unknown }
  | { readonly kind: "close" }
  | {
      readonly kind: "news";
      readonly child: Supervised;
      readonly attempt: Attempt;
      readonly news: AttemptNews;
    }
  | { readonly kind: "time-up"; readonly child: Supervised; readonly timer: Timer }
  | { readonly kind: "hurry" | "budget-over" };
