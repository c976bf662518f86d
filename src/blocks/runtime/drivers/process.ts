/**
 * The runtime on this machine: each service is a process of its own, under one supervisor, with its output in a file.
 *
 * A process is ready when the registry has a ready node with its instance; nothing is asked of the process itself.
 */
import { randomUUID } from "node:crypto";
import { serviceNameProblem } from "../../../contract/names.ts";
import { type Clock, sleep, systemClock } from "../../../core/clock.ts";
import { ReefError } from "../../../core/errors.ts";
import type { StopReport } from "../../../supervisor/events.ts";
import { openSupervisor, type Supervisor } from "../../../supervisor/supervisor.ts";
import { LogScopeType, parseInput, parseRunSpec } from "../contract.ts";
import { readyTimeoutDefaultMs, servicesMax, tailDefault } from "../index.ts";
import type {
  CallOptions,
  ListScope,
  LogLine,
  LogScope,
  RunSpec,
  Runtime,
  ServiceName,
  ServiceStatus,
  WaitOptions,
} from "../index.ts";
import { checkEnvironment } from "./process/environment.ts";
import { Expectations } from "./process/expectations.ts";
import { HostedService, type NextStart } from "./process/hosted-service.ts";
import { InstanceNodes } from "./process/instance-nodes.ts";
import { LogFolder } from "./process/log-folder.ts";
import { streamLogs } from "./process/log-stream.ts";
import { findProgram, type Program } from "./process/program.ts";
import { joinName, type QualifiedName, qualifiedName } from "./process/qualified-name.ts";
import * as refusals from "./process/refusals.ts";
import type { ProcessRuntimeOptions } from "./process/options.ts";
import { runProcess } from "./process/run-process.ts";
import { statusOf } from "./process/status.ts";
import { unlessAborted, waitForStart } from "./process/wait-for-start.ts";

export interface ProcessRuntime extends Runtime, AsyncDisposable {
  /** Stops every service, the last one first; says which did not stop. */
  close(): Promise<StopReport>;
}

/** While the runtime closes, how long one service may take before the one before it is told, too. */
const turnMs = 1_500;

/** All turns together: what is left of the platform's own time to stop is for those that take longer. */
const turnsMs = 3_000;

export function openProcessRuntime(options: ProcessRuntimeOptions): ProcessRuntime {
  return new ProcessRuntimeDriver(options);
}

class ProcessRuntimeDriver implements ProcessRuntime {
  readonly #options: ProcessRuntimeOptions;
  readonly #clock: Clock;
  readonly #supervisor: Supervisor;
  readonly #nodes: InstanceNodes;
  readonly #logs: LogFolder;
  /** By `joinName`. */
  readonly #services = new Map<string, HostedService>();
  #closed: Promise<StopReport> | undefined;

  constructor(options: ProcessRuntimeOptions) {
    const { clock = systemClock, log, logBytesMax } = options;
    this.#options = options;
    this.#clock = clock;
    this.#supervisor = openSupervisor({ name: "runtime", clock });
    this.#nodes = new InstanceNodes(options.registry, { clock, log });
    this.#logs = new LogFolder(options.logsFolder, {
      clock,
      log,
      ...(logBytesMax !== undefined && { bytesMax: logBytesMax }),
    });
    // One that did not stop in time is forgotten when it has.
    this.#supervisor.events.on((event) => {
      if (event.kind === "removed") void this.#forget(event.child);
    });
  }

  async run(spec: RunSpec, options: WaitOptions = {}): Promise<ServiceStatus> {
    options.signal?.throwIfAborted();
    const service = await this.#admit(spec, options);
    try {
      await service.announce();
      const start = service.nextStart();
      await this.#supervisor.add(service.child);
      await this.#untilReady("run", service, start, options);
    } catch (thrown) {
      await this.#takeOut(service);
      throw thrown;
    }
    return await this.#statusOf(service);
  }

  async restart(name: ServiceName, options: WaitOptions = {}): Promise<ServiceStatus> {
    options.signal?.throwIfAborted();
    const service = this.#find("restart", name);
    const start = await service.inTurn(async () => {
      // In the turn, so that of several restarts the last one asked for is the one that lasts; and before the stop, so
      // that a program that was moved away does not cost the process that still runs.
      const program = await findProgram(service.spec, this.#options);
      await this.#supervisor.stop(joinName(service));
      service.program = program;
      const next = service.nextStart();
      await this.#supervisor.start(joinName(service));
      return next;
    });
    await this.#untilReady("restart", service, start, options);
    return await this.#statusOf(service);
  }

  async kill(name: ServiceName, options: CallOptions = {}): Promise<void> {
    options.signal?.throwIfAborted();
    const child = joinName(this.#find("kill", name));
    await unlessAborted(this.#supervisor.remove(child), options.signal);
    await this.#forget(child);
  }

  async list(scope: ListScope = {}): Promise<readonly ServiceStatus[]> {
    scope.signal?.throwIfAborted();
    const children = await this.#supervisor.list();
    const states = new Map(children.map((state) => [state.name, state]));
    return this.#listed(scope.namespace).map((service) => {
      return statusOf(service, states.get(joinName(service)));
    });
  }

  async *logs(scope: LogScope = {}): AsyncGenerator<LogLine, void, undefined> {
    const { name, namespace, since, follow } = parseInput(
      LogScopeType,
      scope,
      "this scope of logs",
    );
    const { tail = since ? undefined : tailDefault } = scope;
    const owner = name === undefined ? undefined : qualifiedName({ name, namespace });
    if (owner && !this.#hasLog(owner))
      throw refusals.notRunning("read", owner, this.#running(owner));
    yield* streamLogs(this.#logs, {
      owners: () => (owner ? [owner] : this.#listed(namespace).map(qualifiedName)),
      now: this.#clock.wallMs(),
      tail,
      since: since?.getTime(),
      follow,
      signal: scope.signal,
    });
  }

  close(): Promise<StopReport> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<StopReport> {
    await this.#stopInTurn();
    const report = await this.#supervisor.close();
    await Promise.all([...this.#services.keys()].map((child) => this.#forget(child)));
    await this.#nodes[Symbol.asyncDispose]();
    return report;
  }

  /**
   * The last one that was started first, because services are started after those that they call. One that takes its
   * time does not hold up the others for long; what is still there then, the supervisor stops.
   */
  async #stopInTurn(): Promise<void> {
    const endsAtMs = this.#clock.monotonicMs() + turnsMs;
    for (const child of [...this.#services.keys()].toReversed()) {
      // One that did not stop in time is named by the supervisor's own report.
      const gone = this.kill(this.#services.get(child) as ServiceName).catch(inReport);
      const waitMs = Math.min(turnMs, endsAtMs - this.#clock.monotonicMs());
      if (waitMs > 0)
        await Promise.race([gone, sleep(waitMs, { clock: this.#clock, background: true })]);
    }
  }

  /** Takes a service in under its name, from where on the name is taken. */
  async #admit(given: RunSpec, options: WaitOptions): Promise<HostedService> {
    const spec = parseRunSpec(given);
    checkEnvironment(spec.env);
    const program = await findProgram(spec, this.#options);
    const owner = { namespace: spec.namespace, name: spec.name ?? nameOf(program) };
    if (this.#closed) throw refusals.runtimeClosing(`run "${owner.name}"`);
    const present = this.#services.get(joinName(owner));
    if (present) throw refusals.alreadyRunning(present);
    if (this.#services.size >= servicesMax) throw refusals.tooManyServices(servicesMax);
    const { registry, log, newInstance = randomUUID } = this.#options;
    const service = new HostedService({
      ...owner,
      spec,
      program,
      log: this.#logs.open(owner),
      expectations: new Expectations(registry, owner.namespace, log),
      nodes: this.#nodes,
      clock: this.#clock,
      newInstance,
      readyTimeoutMs: options.readyTimeoutMs ?? readyTimeoutDefaultMs,
      runProcess: (start, signal) => {
        return runProcess({ ...this.#options, service, start, spec }, signal);
      },
    });
    this.#services.set(joinName(owner), service);
    return service;
  }

  async #untilReady(
    verb: "run" | "restart",
    service: HostedService,
    start: NextStart,
    options: WaitOptions,
  ): Promise<void> {
    const { signal, readyTimeoutMs: timeoutMs = readyTimeoutDefaultMs } = options;
    const end = await waitForStart(start.outcome, { clock: this.#clock, timeoutMs, signal });
    if (end.kind === "ready") return;
    if (this.#closed) throw refusals.runtimeClosing(`${verb} "${service.name}"`);
    if (end.kind === "stopped") throw refusals.stoppedMeanwhile(verb, service);
    if (end.kind === "ended") throw refusals.startFailed(verb, service, end);
    throw refusals.startTooSlow(verb, service, timeoutMs);
  }

  /**
   * After a start that failed. Why it failed is what the caller hears; that it does not stop either goes to the log.
   */
  async #takeOut(service: HostedService): Promise<void> {
    const child = joinName(service);
    try {
      await this.#supervisor.remove(child);
    } catch (thrown) {
      const { code, message } = ReefError.from(thrown);
      // Somebody else has killed it, or it never came so far.
      if (code !== "not_found")
        this.#options.log.warn("A failed start is still there", { message });
      if (code === "deadline_exceeded") return;
    }
    await this.#forget(child);
  }

  async #forget(child: string): Promise<void> {
    const service = this.#services.get(child);
    this.#services.delete(child);
    await service?.[Symbol.asyncDispose]();
  }

  #find(verb: string, name: ServiceName): HostedService {
    const owner = qualifiedName(name);
    const service = this.#services.get(joinName(owner));
    if (!service) throw refusals.notRunning(verb, owner, this.#running(owner));
    return service;
  }

  /** Whether there is something to read; a name that breaks the rules is no path to look at. */
  #hasLog(owner: QualifiedName): boolean {
    const { namespace, name } = owner;
    if (serviceNameProblem(name) ?? serviceNameProblem(namespace)) return false;
    return this.#services.has(joinName(owner)) || this.#logs.has(owner);
  }

  #running({ namespace }: { readonly namespace: string }): readonly string[] {
    return this.#listed(namespace).map(({ name }) => name);
  }

  #listed(namespace: string | undefined): readonly HostedService[] {
    const all = [...this.#services].toSorted(([a], [b]) => (a < b ? -1 : 1));
    return all
      .map(([, service]) => service)
      .filter((service) => namespace === undefined || service.namespace === namespace);
  }

  async #statusOf(service: HostedService): Promise<ServiceStatus> {
    const children = await this.#supervisor.list();
    return statusOf(
      service,
      children.find(({ name }) => name === joinName(service)),
    );
  }
}

/** The name of a program that nobody named. */
function nameOf({ source, name }: Program): string {
  const problem = serviceNameProblem(name);
  if (problem === undefined) return name;
  throw new ReefError(
    "invalid_argument",
    `Cannot run ${source} as "${name}": ${problem}; give it another name with --name`,
    { maybeExecuted: false },
  );
}

function inReport(): void {}
