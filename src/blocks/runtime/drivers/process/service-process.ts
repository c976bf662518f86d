/** One process of a service, be it started here or found: when it is ready, how it ended, and its end in order. */
import { type Clock, sleep } from "../../../../core/clock.ts";
import { ReefError } from "../../../../core/errors.ts";
import { adoptedProcess } from "../../../../supervisor/adopted-process.ts";
import {
  processChild,
  type ProcessChildOptions,
  type ProcessExit,
} from "../../../../supervisor/process-child.ts";
import type { ProcessGroups } from "../../../../supervisor/process-groups.ts";
import { type ProcessIdentity, signalGroup } from "../../../../supervisor/process-identity.ts";
import type { Node } from "../../../registry/index.ts";
import type { InstanceNodes } from "./instance-nodes.ts";
import type { Program } from "./program.ts";
import type { ProcessRecord } from "./service-record.ts";

export interface ServiceProcessOptions {
  readonly namespace: string;
  readonly name: string;
  readonly record: ProcessRecord;
  /** Where its output begins in the log. */
  readonly outputFrom: number;
  /** The process that is there already, or what is to be started. */
  readonly process: { readonly found: ProcessIdentity } | { readonly launch: Launch };
  readonly attend: Program["attend"];
  readonly nodes: InstanceNodes;
  readonly groups: ProcessGroups;
  readonly clock: Clock;
  /** From TERM to KILL. */
  readonly stopGraceMs: number;
  /** When it fires, a process that was found is let go again. */
  readonly letGo: AbortSignal;
  /** It runs: from now on it can be found by what the record says. */
  onSpawn(record: ProcessRecord): void;
  /** A node of it is there, or has changed. */
  onNode(node: Node): void;
}

/** What is started, as the kernel is told. */
export interface Launch extends Pick<
  ProcessChildOptions,
  "command" | "args" | "cwd" | "env" | "stdout" | "stderr"
> {}

/** How a process ended. */
export type ProcessEnd =
  /** `left`: it goes on without us. */
  | { readonly kind: "stopped" | "left" }
  /** `how`: `exit code 1`. */
  | { readonly kind: "ended"; readonly how: string };

/** For whoever stands beside it, until nobody calls it any more: then it is told to end all the same. */
export const attendLeaveMs = 1_000;

export class ServiceProcess {
  readonly #options: ServiceProcessOptions;
  readonly #stop = new AbortController();
  readonly #leaving = new AbortController();
  #attended: Promise<void> = Promise.resolve();
  #attendFailure: ReefError | undefined;
  #graceMs: number;
  readonly #ready = Promise.withResolvers<void>();
  /** The contracts that its nodes serve. */
  readonly serves = new Set<string>();
  readonly addresses = new Set<string>();
  /** As it is to be written down. */
  record: ProcessRecord;
  isReady = false;
  isOver = false;
  /** Never rejects. */
  readonly over: Promise<ProcessEnd>;

  constructor(options: ServiceProcessOptions) {
    this.#options = options;
    this.#graceMs = options.stopGraceMs;
    this.record = options.record;
    this.over = this.#run();
  }

  /** May never come. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  get outputFrom(): number {
    return this.#options.outputFrom;
  }

  get pid(): number | undefined {
    return this.isOver ? undefined : this.record.pid;
  }

  /** First nobody is sent to it any more, then it is told to end; after the grace it is made to. */
  stop(graceMs = this.#options.stopGraceMs): void {
    const { clock, letGo, process } = this.#options;
    if (letGo.aborted && "found" in process) return;
    if (this.#leaving.signal.aborted) {
      // It is on its way, and now somebody has less patience.
      if (graceMs < this.#graceMs) clock.after(graceMs, () => this.#kill(), { background: true });
      return;
    }
    this.#graceMs = graceMs;
    this.#leaving.abort();
    const late = sleep(attendLeaveMs, { clock, background: true });
    void Promise.race([this.#attended, late]).then(() => this.#stop.abort());
  }

  #kill(): void {
    if (this.pid !== undefined) signalGroup(this.pid, "SIGKILL");
  }

  async #run(): Promise<ProcessEnd> {
    const { nodes, record } = this.#options;
    const listening = nodes.listen(record.instance, (node) => this.#meet(node));
    try {
      const end = await this.#live();
      const failure = this.#attendFailure;
      return failure ? { kind: "ended", how: failure.message } : end;
    } finally {
      this.isOver = true;
      this.#leaving.abort();
      listening[Symbol.dispose]();
      await this.#attended;
    }
  }

  async #live(): Promise<ProcessEnd> {
    const { process, clock, groups, letGo, onSpawn } = this.#options;
    const { signal } = this.#stop;
    const stopGraceMs = () => this.#graceMs;
    let exit: ProcessExit | undefined;
    const run =
      "found" in process
        ? adoptedProcess({ identity: process.found, groups, letGo, clock, stopGraceMs })
        : processChild({
            ...process.launch,
            groups,
            clock,
            stopGraceMs,
            onSpawn: (identity) => {
              this.record = { ...this.record, ...identity };
              onSpawn(this.record);
              this.#attend(identity);
            },
            onExit: (end) => {
              exit = end;
            },
          });
    if ("found" in process) this.#attend(process.found);
    const isLeft = () => "found" in process && letGo.aborted;
    try {
      // The registry says when it is ready, and nobody below it is a child of ours.
      await run({ signal, path: this.#options.name, ready: nothing, unstopped: nothing });
    } catch (thrown) {
      if (signal.aborted) return { kind: "stopped" };
      return { kind: "ended", how: exit ? describe(exit) : ReefError.from(thrown).message };
    }
    if (isLeft()) return { kind: "left" };
    // Code 0 is fine for one that was asked to end; a service that ends unasked is a failure whatever its code.
    return exit && !exit.asked ? { kind: "ended", how: describe(exit) } : { kind: "stopped" };
  }

  #attend({ pid }: ProcessIdentity): void {
    const { attend, namespace, name } = this.#options;
    if (!attend) return;
    const { instance, variables } = this.record;
    const leaving = this.#leaving.signal;
    const ready = () => this.#becomeReady();
    const attending = attend({ namespace, name, instance, variables, pid, leaving, ready });
    this.#attended = attending.catch((thrown: unknown) => {
      this.#attendFailure = ReefError.from(thrown);
      this.stop();
    });
  }

  #meet(node: Node): void {
    if (node.namespace !== this.#options.namespace) return;
    this.serves.add(node.service);
    for (const address of node.addresses) this.addresses.add(address);
    this.#options.onNode(node);
    if (node.state === "ready") this.#becomeReady();
  }

  #becomeReady(): void {
    if (this.isReady || this.#leaving.signal.aborted) return;
    this.isReady = true;
    this.#ready.resolve();
  }
}

function describe({ code, signal }: ProcessExit): string {
  return signal === null ? `exit code ${code}` : `signal ${signal}`;
}

function nothing(): void {}
