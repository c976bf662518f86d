/**
 * One service that is desired here: the process that it has, each time anew, and what became of it. The supervisor
 * decides when it is started; this is what it runs.
 */
import type { Clock } from "../../../../core/clock.ts";
import { ReefError } from "../../../../core/errors.ts";
import { type ChildContext, type ChildSpec, doNotRestart } from "../../../../supervisor/child.ts";
import type { ProcessIdentity } from "../../../../supervisor/process-identity.ts";
import type { ParsedSpec } from "../../contract.ts";
import type { Expectations } from "./expectations.ts";
import type { KeptRecord } from "./kept-record.ts";
import type { ProcessMaker, ProcessPlan } from "./process-maker.ts";
import { findProgram, type Program, type ProgramSurroundings } from "./program.ts";
import { joinName } from "./qualified-name.ts";
import type { ServiceOutput } from "./service-output.ts";
import type { ProcessEnd, ServiceProcess } from "./service-process.ts";
import type { ProcessRecord } from "./service-record.ts";

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

export interface HostedServiceOptions extends ProgramSurroundings {
  readonly record: KeptRecord;
  readonly output: ServiceOutput;
  readonly expectations: Expectations;
  readonly maker: ProcessMaker;
  readonly clock: Clock;
  readonly newInstance: () => string;
  readonly readyTimeoutMs: number;
}

/** Whoever waits for a start has a limit of its own, which then has the first word. */
const readyTimeoutSlackMs = 1_000;

/** A store that is away must not keep a service away that was ready once: its start is then written down later. */
const intentTimeoutMs = 1_000;

/**
 * A service that was ready once is wanted back within a second, however often somebody kills it: callers wait. One that
 * fails twenty times in about half a minute has more than bad luck, and is left alone for a while.
 */
const failureLimits = { threshold: 20, restartDelayMs: 10, restartDelayMsMax: 200 };

export class HostedService implements AsyncDisposable {
  readonly namespace: string;
  readonly name: string;
  readonly record: KeptRecord;
  readonly output: ServiceOutput;
  readonly #options: HostedServiceOptions;
  /** As it was found for the last start. */
  #program: Program | undefined;
  /** The one that counts; after it has ended, until there is another. */
  present: ServiceProcess | undefined;
  #adopted: ServiceProcess | undefined;
  /** All that live: the present one, and beside it those that come and go by an update. */
  readonly #processes = new Set<ServiceProcess>();
  /** An update under way: another process may be the present one when it is over. */
  #replacement: Promise<void> | undefined;
  #context: ChildContext | undefined;
  #waiters: ((outcome: StartOutcome) => void)[] = [];
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: HostedServiceOptions) {
    const { namespace, name } = options.record.value;
    this.#options = options;
    this.namespace = namespace;
    this.name = name;
    this.record = options.record;
    this.output = options.output;
  }

  /** What people are shown of its program. */
  get source(): string {
    const { source, command = [] } = this.record.value.spec;
    return this.#program?.source ?? source ?? command.join(" ");
  }

  get child(): ChildSpec {
    return {
      name: joinName(this),
      restart: "permanent",
      readyTimeoutMs: this.#options.readyTimeoutMs + readyTimeoutSlackMs,
      // A replaced process finishes its calls, and is over only then.
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

  /**
   * Lets callers wait until it is there. Before its first start one can only guess that it serves a contract of its own
   * name.
   */
  async announce(): Promise<void> {
    const { serves } = this.record.value;
    const names = serves.length > 0 ? serves : [this.name];
    await Promise.all(names.map((service) => this.#options.expectations.expect(service)));
  }

  /** What runs already is what its first start begins with. */
  async adopt(found: ProcessIdentity): Promise<void> {
    const { present, spec } = this.record.value;
    if (!present) return;
    const record = { ...present, ...found };
    this.record.change({ present: record });
    // One that cannot be found any more goes on as long as its process lives.
    this.#program = await findProgram(spec, this.#options).catch(() => undefined);
    const outputFrom = this.output.find(record);
    this.present = this.#open({ record, found, outputFrom, spec, program: this.#program });
    this.#adopted = this.present;
  }

  /** The last lines of output of a process, else of the present one. */
  lastOutput(of = this.present): readonly string[] {
    return of ? this.output.last(of.outputFrom) : [];
  }

  /**
   * Starts a process that somebody else says what becomes of: `note` writes it down before it is there.
   * @throws {ReefError} `unavailable` when that is not possible
   */
  async launch(
    program: Program,
    spec: ParsedSpec,
    note: (record: ProcessRecord) => Promise<void>,
  ): Promise<ServiceProcess> {
    const { clock, newInstance } = this.#options;
    const record = {
      instance: newInstance(),
      startedAt: new Date(clock.wallMs()),
      variables: (await program.prepare?.()) ?? {},
    };
    await note(record);
    const outputFrom = this.output.begin(record);
    return this.#open({ record, outputFrom, spec, program });
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
    this.present = next;
    this.#becameReady(next);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#options.expectations[Symbol.asyncDispose]();
    this.output[Symbol.dispose]();
    await this.record[Symbol.asyncDispose]();
  }

  async #run(context: ChildContext): Promise<void> {
    const { signal } = context;
    const stopAll = () => {
      for (const each of this.#processes) each.stop();
    };
    signal.addEventListener("abort", stopAll, { once: true });
    this.#context = context;
    try {
      let process = this.#adopted ?? (await this.#start());
      this.#adopted = undefined;
      if (process.isReady) this.#becameReady(process);
      if (signal.aborted) stopAll();
      let end = await process.over;
      for (;;) {
        await this.#replacement;
        if (this.present === undefined || this.present === process) break;
        process = this.present;
        end = await process.over;
      }
      this.#over(process, signal.aborted && end.kind === "ended" ? { kind: "stopped" } : end);
    } catch (thrown) {
      if (signal.aborted) this.#settle({ kind: "stopped" });
      throw thrown;
    } finally {
      this.#context = undefined;
      signal.removeEventListener("abort", stopAll);
      // Those that were replaced finish their calls: a service is over when all of them are.
      await Promise.all([...this.#processes].map((each) => each.over));
    }
  }

  async #start(): Promise<ServiceProcess> {
    const { spec } = this.record.value;
    try {
      this.#program = await findProgram(spec, this.#options);
      this.present = await this.launch(this.#program, spec, async (present) => {
        this.record.change({ present, starts: this.record.value.starts + 1 });
        await this.record.kept(intentTimeoutMs).catch(keptLater);
      });
      return this.present;
    } catch (thrown) {
      throw this.#failed(ReefError.from(thrown).message, []);
    }
  }

  #open(options: Omit<ProcessPlan, "namespace" | "name" | "logPath">): ServiceProcess {
    const { namespace, name } = this;
    const process = this.#options.maker.open({
      ...options,
      namespace,
      name,
      logPath: this.output.path,
      onSpawn: (record) => this.#note(record),
      onNode: ({ service }) => this.#serves(service),
    });
    this.#processes.add(process);
    void process.ready.then(() => this.#becameReady(process));
    void process.over.then(() => this.#processes.delete(process));
    return process;
  }

  /** It is there: from now on it is found by its pid. */
  #note(record: ProcessRecord): void {
    const same = ({ instance }: ProcessRecord) => instance === record.instance;
    const { present, others } = this.record.value;
    if (present && same(present)) this.record.change({ present: record });
    else this.record.change({ others: others.map((each) => (same(each) ? record : each)) });
  }

  #serves(service: string): void {
    const { serves } = this.record.value;
    if (!serves.includes(service)) this.record.change({ serves: [...serves, service] });
    void this.#options.expectations.expect(service);
  }

  #becameReady(process: ServiceProcess): void {
    if (process !== this.present || !process.isReady) return;
    if (!this.record.value.proven) {
      // What it is called here was a guess at what it serves.
      if (process.serves.size > 0 && !process.serves.has(this.name)) {
        void this.#options.expectations.keep(process.serves);
      }
      this.record.change({ proven: true });
    }
    this.#context?.ready();
    this.#settle({ kind: "ready" });
  }

  #over(process: ServiceProcess, end: ProcessEnd): void {
    // A program that was changed may serve other contracts now: those of the last one that was ready count.
    if (process.serves.size > 0) {
      void this.#options.expectations.keep(process.serves);
      this.record.change({ serves: [...process.serves] });
    }
    if (end.kind === "ended") throw this.#failed(end.how, this.lastOutput(process));
    if (end.kind === "stopped") this.output.stopped();
    this.#settle({ kind: "stopped" });
  }

  #failed(how: string, output: readonly string[]): ReefError {
    this.output.ended(how);
    this.#settle({ kind: "ended", how, output });
    const failure = new ReefError("unavailable", [how, ...output].join("\n"));
    return this.record.value.proven ? failure : doNotRestart(failure);
  }

  #settle(outcome: StartOutcome): void {
    for (const resolve of this.#waiters.splice(0)) resolve(outcome);
  }
}

/** The record goes on being tried, and says so in the log. */
function keptLater(): void {}
