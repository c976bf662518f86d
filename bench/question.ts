/** What a benchmark asks. Each question is a file that exports one of these; `run.ts` lists them. */
import type { Budget } from "./report.ts";
import type { Contender } from "./side-by-side.ts";

export interface Question {
  readonly title: string;
  readonly contenders: readonly Contender[];
  /** Callers at once, unless `--concurrency` says otherwise. */
  readonly concurrency: readonly number[];
  /** What reef promises; of the plain peer `reef` unless they name a variant. */
  readonly budgets: readonly Budget[];
}

/** The files that export the peers, by the names that they have in the results. */
export const peerModules = {
  reef: new URL("reef-peer.ts", import.meta.url),
  "reef-direct": new URL("reef-direct.ts", import.meta.url),
  "gateway-reef": new URL("gateway-reef.ts", import.meta.url),
  "gateway-plain": new URL("gateway-plain.ts", import.meta.url),
  "plain-function": new URL("plain-function.ts", import.meta.url),
  "bare-wire": new URL("bare-wire.ts", import.meta.url),
  "grpc-js": new URL("peers/grpc-js.ts", import.meta.url),
  "moleculer-tcp": new URL("peers/moleculer-tcp.ts", import.meta.url),
  "nest-tcp": new URL("peers/nest-tcp.ts", import.meta.url),
} as const;
