/**
 * One service that is desired here: the process that it has, each time anew, and what became of it. The supervisor
 * decides when it is started; this is what it runs.
 */
import { ReefError } from "../../../../core/errors.ts";
import { type ChildContext, type ChildSpec, doNotRestart } from "../../../../supervisor/child.ts";
import type { FoundProcess } from "./adoption.ts";
import type { ParsedSpec } from "../../contract.ts";
import type { KeptRecord } from "./kept-record.ts";
import { findProgram, type Program } from "./program.ts";
import type { Expectations } from "./expectations.ts";
import { joinName } from "./qualified-name.ts";
import { StartWaiters } from "./start-outcome.ts";
import type { ServiceOutput } from "./service-output.ts";
import type { ProcessEnd, ServiceProcess } from "./service-process.ts";
import { serviceChild } from "./service-child.ts";
import { ServiceProcesses, type ServiceProcessesOptions } from "./service-processes.ts";

/** A store that is slow or away must not keep a service away: its start is then written down later. */
const intentTimeoutMs = 200;

export class HostedService implements AsyncDisposable {
  readonly namespace: string;
  readonly name: string;
  readonly record: KeptRecord;
  readonly output: ServiceOutput;
  /** What callers may wait for. */
  readonly expectations: Expectations;
  readonly #options: ServiceProcessesOptions;
  /** As it was found for the last start. */
  #program: Program | undefined;
  /** The one that counts; after it has ended, until there is another. */
  present: ServiceProcess | undefined;
  #adopted: ServiceProcess | undefined;
  /** The present one, and beside it those that come and go by an update. */
  readonly processes: ServiceProcesses;
  /** An update under way: another process may be the present one when it is over. */
  #replacement: Promise<void> | undefined;
  /** Resolves with nothing when it is. */
  #swap = Promise.withResolvers<undefined>();
  #context: ChildContext | undefined;
  /** Who waits for a start has to ask before it begins. */
  readonly waiters = new StartWaiters();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: ServiceProcessesOptions) {
    this.#options = options;
    ({ record: this.record, output: this.output, expectations: this.expectations } = options);
    ({ namespace: this.namespace, name: this.name } = this.record.value);
    this.processes = new ServiceProcesses(options);
  }

  /** What people are shown of its program. */
  get source(): string {
    const { source, command = [] } = this.record.value.spec;
    return this.#program?.source ?? source ?? command.join(" ");
  }

  get child(): ChildSpec {
    const { readyTimeoutMs } = this.#options;
    return serviceChild(joinName(this), readyTimeoutMs, (context) => this.#run(context));
  }

  /** What stops and starts a service must not meet another that does. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  /** What runs already is what its first start begins with. */
  async adopt(found: FoundProcess): Promise<void> {
    // One that cannot be found any more goes on as long as its process lives.
    const { spec } = this.record.value;
    this.#program = await findProgram(spec, this.#options).catch(() => undefined);
    this.present = this.#watched(this.processes.adopt(found, this.#program));
    this.#adopted = this.present;
  }

  /** The last lines of output of a process, else of the present one. */
  lastOutput(of = this.present): readonly string[] {
    return of ? this.output.last(of.outputFrom) : [];
  }

  /** While `work` is under way, the end of the present process waits for what comes of it. */
  async replacing(work: () => Promise<void>): Promise<void> {
    const over = Promise.withResolvers<void>();
    this.#replacement = over.promise;
    try {
      await work();
    } finally {
      this.#replacement = undefined;
      over.resolve();
    }
  }

  /** Another process takes the place of the present one, which is told to end. */
  takeOver(next: ServiceProcess, program: Program, spec: ParsedSpec): void {
    const { present, others, starts } = this.record.value;
    const rest = others.filter(({ instance }) => instance !== next.record.instance);
    this.record.change({
      spec,
      starts: starts + 1,
      present: next.record,
      others: present ? [...rest, present] : rest,
    });
    this.#program = program;
    this.present = this.#watched(next);
    this.#swap.resolve(undefined);
    this.#swap = Promise.withResolvers();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#options.maker.endIdentity(this);
    await this.expectations[Symbol.asyncDispose]();
    this.output[Symbol.dispose]();
    await this.record[Symbol.asyncDispose]();
  }

  async #run(context: ChildContext): Promise<void> {
    const { signal } = context;
    const stopAll = () => this.processes.stopAll();
    signal.addEventListener("abort", stopAll, { once: true });
    this.#context = context;
    try {
      let process = this.#adopted ?? (await this.#start());
      this.#adopted = undefined;
      if (process.isReady) this.#becameReady(process);
      if (signal.aborted) stopAll();
      let end: ProcessEnd | undefined;
      while (!end || process !== this.present) {
        process = this.present ?? process;
        end = await Promise.race([process.over, this.#swap.promise]);
        if (end) await this.#replacement;
      }
      this.#over(process, signal.aborted && end.kind === "ended" ? { kind: "stopped" } : end);
    } catch (thrown) {
      if (signal.aborted) this.waiters.settle({ kind: "stopped" });
      throw thrown;
    } finally {
      this.#context = undefined;
      signal.removeEventListener("abort", stopAll);
      // Those that were replaced finish their calls: a service is over when all of them are.
      await this.processes.allOver();
    }
  }

  async #start(): Promise<ServiceProcess> {
    const { spec } = this.record.value;
    try {
      this.#program = await findProgram(spec, this.#options);
      const process = await this.processes.launch(this.#program, spec, async (present) => {
        this.record.change({ present, starts: this.record.value.starts + 1 });
        await this.record.kept(intentTimeoutMs).catch(keptLater);
      });
      this.present = this.#watched(process);
      return process;
    } catch (thrown) {
      throw this.#failed(ReefError.from(thrown).message, []);
    }
  }

  #watched(process: ServiceProcess): ServiceProcess {
    void process.ready.then(() => this.#becameReady(process));
    return process;
  }

  #becameReady(process: ServiceProcess): void {
    if (process !== this.present || !process.isReady) return;
    if (!this.record.value.proven) {
      // What it is called here was a guess at what it serves.
      if (process.serves.size > 0 && !process.serves.has(this.name)) {
        void this.expectations.keep(process.serves);
      }
      this.record.change({ proven: true });
    }
    this.#context?.ready();
    this.waiters.settle({ kind: "ready" });
  }

  #over(process: ServiceProcess, end: ProcessEnd): void {
    // A program that was changed may serve other contracts now: those of the last one that was ready count.
    if (process.serves.size > 0) void this.expectations.keep(process.serves);
    if (end.kind === "ended") throw this.#failed(end.how, this.lastOutput(process));
    if (end.kind === "stopped") this.output.stopped();
    this.waiters.settle({ kind: "stopped" });
  }

  #failed(how: string, output: readonly string[]): ReefError {
    this.output.ended(how);
    this.waiters.settle({ kind: "ended", how, output });
    const failure = new ReefError("unavailable", [how, ...output].join("\n"));
    return this.record.value.proven ? failure : doNotRestart(failure);
  }
}

/** The record goes on being tried, and says so in the log. */
function keptLater(): void {}
