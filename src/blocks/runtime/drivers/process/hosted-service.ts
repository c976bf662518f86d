/**
 * One service that is desired here: what is started for it, each time anew, and what became of it. The supervisor
 * decides when; this is what it runs.
 */
import type { Clock } from "../../../../core/clock.ts";
import { ReefError } from "../../../../core/errors.ts";
import { type ChildContext, type ChildSpec, doNotRestart } from "../../../../supervisor/child.ts";
import type { Node } from "../../../registry/index.ts";
import type { RunSpec } from "../../index.ts";
import type { Expectations } from "./expectations.ts";
import type { InstanceNodes } from "./instance-nodes.ts";
import type { OpenLog } from "./log-folder.ts";
import { lastLines } from "./log-lines.ts";
import type { Program } from "./program.ts";
import { joinName } from "./qualified-name.ts";

/** How one start of a service went. */
export type StartOutcome =
  | { readonly kind: "ready" }
  /** `how`: `exit code 1`. */
  | { readonly kind: "ended"; readonly how: string; readonly output: readonly string[] }
  /** Somebody stopped it before it was ready. */
  | { readonly kind: "stopped" };

/** A start that is about to begin. */
export interface NextStart {
  /** Never rejects. */
  readonly outcome: Promise<StartOutcome>;
}

/** One start of the program. */
export interface Start {
  readonly instance: string;
  readonly at: Date;
  /** Once the process is there, and until it has ended. */
  pid?: number | undefined;
}

export interface HostedServiceOptions {
  readonly namespace: string;
  readonly name: string;
  /** As it was asked for; `program` is what was found for it. */
  readonly spec: RunSpec;
  readonly program: Program;
  readonly log: OpenLog;
  readonly expectations: Expectations;
  readonly nodes: InstanceNodes;
  readonly clock: Clock;
  readonly newInstance: () => string;
  readonly readyTimeoutMs: number;
  /**
   * Starts the process and settles when it has ended. Stops it when `signal` fires.
   * @throws {ReefError} that says in a few words how it ended, unless it was stopped
   */
  readonly runProcess: (start: Start, signal: AbortSignal) => Promise<void>;
}

/** Lines of a failed start that are kept: an error with its cause takes up to 36. */
const outputLinesMax = 40;

/** Characters of each of them; a longer line is rarely what says why. */
const outputLineLengthMax = 500;

/** Whoever waits for a start has a limit of its own, which then has the first word. */
const readyTimeoutSlackMs = 1_000;

/**
 * A service that was ready once is wanted back within a second, however often somebody kills it: callers wait. One that
 * fails twenty times in about half a minute has more than bad luck, and is left alone for a while.
 */
const failureLimits = { threshold: 20, restartDelayMs: 10, restartDelayMsMax: 200 };

export class HostedService implements AsyncDisposable {
  readonly namespace: string;
  readonly name: string;
  readonly spec: RunSpec;
  program: Program;
  /** The present start, or the last one. */
  start: Start | undefined;
  starts = 0;
  readonly #options: HostedServiceOptions;
  /** Whether any start of it was ever ready: what never was is not started again by itself. */
  #proven = false;
  /** Where the output of the present start begins in the log. */
  #outputFrom = 0;
  #waiters: ((outcome: StartOutcome) => void)[] = [];
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: HostedServiceOptions) {
    this.#options = options;
    this.namespace = options.namespace;
    this.name = options.name;
    this.spec = options.spec;
    this.program = options.program;
  }

  get logPath(): string {
    return this.#options.log.file.path;
  }

  get child(): ChildSpec {
    return {
      name: joinName(this),
      restart: "permanent",
      readyTimeoutMs: this.#options.readyTimeoutMs + readyTimeoutSlackMs,
      failures: failureLimits,
      run: (context) => this.#run(context),
    };
  }

  /** To be asked before that start begins. */
  nextStart(): NextStart {
    return { outcome: new Promise((resolve) => this.#waiters.push(resolve)) };
  }

  /** One after the other: what stops and starts a service must not meet another that does. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  /** Lets callers wait until it is there. So far one can only guess that it serves a contract of its own name. */
  async announce(): Promise<void> {
    await this.#options.expectations.expect(this.name);
  }

  /** The last lines of output of the present start. */
  lastOutput(): readonly string[] {
    const { file } = this.#options.log;
    file.look();
    return lastLines(file, outputLinesMax, this.#outputFrom).map((text) =>
      text.length > outputLineLengthMax ? `${text.slice(0, outputLineLengthMax)}…` : text,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#options.expectations[Symbol.asyncDispose]();
    this.#options.log[Symbol.dispose]();
  }

  async #run(context: ChildContext): Promise<void> {
    const { clock, nodes, expectations } = this.#options;
    const start = { instance: this.#options.newInstance(), at: new Date(clock.wallMs()) };
    const served = new Set<string>();
    this.start = start;
    this.starts++;
    this.#beginOutput(start);
    const listening = nodes.listen(start.instance, (node) => {
      this.#meet(node, served, context);
    });
    try {
      await this.#runProcess(start, context);
    } finally {
      listening[Symbol.dispose]();
      // A program that was changed may serve other contracts now: those of the last start that was ready count.
      if (served.size > 0) await expectations.keep(served);
    }
  }

  #beginOutput({ at, instance }: Start): void {
    const { file } = this.#options.log;
    file.prepare();
    file.mark(`${this.name} starts at ${at.toISOString()}, instance ${instance}`);
    this.#outputFrom = file.end;
  }

  /** A node of the present process is there, or has changed. */
  #meet(node: Node, served: Set<string>, context: ChildContext): void {
    if (node.namespace !== this.namespace) return;
    if (!served.has(node.service)) {
      served.add(node.service);
      void this.#options.expectations.expect(node.service);
    }
    if (node.state !== "ready") return;
    if (!this.#proven && !served.has(this.name)) void this.#options.expectations.keep(served);
    this.#proven = true;
    context.ready();
    this.#settle({ kind: "ready" });
  }

  async #runProcess(start: Start, { signal }: ChildContext): Promise<void> {
    const { clock, log, runProcess } = this.#options;
    const now = () => new Date(clock.wallMs()).toISOString();
    try {
      await runProcess(start, signal);
    } catch (thrown) {
      if (!signal.aborted) throw this.#failed(ReefError.from(thrown), now());
    } finally {
      start.pid = undefined;
    }
    log.file.mark(`${this.name} was stopped at ${now()}`);
    this.#settle({ kind: "stopped" });
  }

  #failed(error: ReefError, now: string): ReefError {
    const how = error.message;
    const output = this.lastOutput();
    this.#options.log.file.mark(`${this.name} ended at ${now}: ${how}`);
    this.#settle({ kind: "ended", how, output });
    const failure = new ReefError("unavailable", [how, ...output].join("\n"), { cause: error });
    return this.#proven ? failure : doNotRestart(failure);
  }

  #settle(outcome: StartOutcome): void {
    for (const resolve of this.#waiters.splice(0)) resolve(outcome);
  }
}
