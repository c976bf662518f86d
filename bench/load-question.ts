/** The usual question: how many calls a second do these contenders do, and what does each call cost? */
import { spawnSync } from "node:child_process";
import { installPeers } from "./install-peers.ts";
import type { Question } from "./question.ts";
import { type Budget, formatReport, rowOf } from "./report.ts";
import { type Contender, nameOf, runSideBySide } from "./side-by-side.ts";

export interface LoadQuestion {
  readonly title: string;
  readonly contenders: readonly Contender[];
  /** Callers at once, unless the asker says otherwise. */
  readonly concurrency: readonly number[];
  readonly budgets: readonly Budget[];
}

export function loadQuestion(question: LoadQuestion): Question {
  return {
    title: question.title,
    peers: [...new Set(question.contenders.map(nameOf))],
    async ask({ peers, concurrency = question.concurrency, ...options }) {
      const asked = question.contenders.filter((each) => peers.includes(nameOf(each)));
      const contenders = asked.filter((each) => isHere(each, options.progress));
      if (contenders.some(({ module }) => module.pathname.includes("/bench/peers/"))) {
        await installPeers(options.progress);
      }
      const results = await runSideBySide(contenders, { ...options, concurrency });
      return { rows: results.map(rowOf), report: formatReport(results, question.budgets) };
    },
  };
}

/** Whether the program that a peer needs is on this machine; says so when it is not. */
function isHere(contender: Contender, progress: (text: string) => void): boolean {
  const { needs } = contender;
  if (needs === undefined || spawnSync(needs, ["--version"]).error === undefined) return true;
  progress(`There is no ${needs} here: measured without ${nameOf(contender)}`);
  return false;
}
