/** The services of one namespace, as their callers see them. */
import { serviceNameProblem } from "../../../../contract/names.ts";
import type { Clock } from "../../../../core/clock.ts";
import { ReefError } from "../../../../core/errors.ts";
import { ListOptionsType, LogScopeType, parseInput, parseNamespace } from "../../contract.ts";
import type { ParsedSpec } from "../../contract.ts";
import { readyTimeoutDefaultMs, tailDefault } from "../../index.ts";
import type {
  CallOptions,
  ListOptions,
  LogLine,
  LogScope,
  Page,
  RunOptions,
  RunSpec,
  ServiceChanges,
  Services,
  ServiceStatus,
  WaitOptions,
} from "../../index.ts";
import { changedSpec, checkedSpec, isSameSpec } from "./changed-spec.ts";
import { checkProgram } from "./check-program.ts";
import type { Fleet } from "./fleet.ts";
import type { HostedService, NextStart } from "./hosted-service.ts";
import { streamLogs } from "./log-stream.ts";
import type { ProcessRuntimeOptions } from "./options.ts";
import { findProgram, type Program } from "./program.ts";
import { joinName, type QualifiedName } from "./qualified-name.ts";
import * as refusals from "./refusals.ts";
import { keepTimeoutMs, replaceProcess } from "./replace-process.ts";
import { statusOf } from "./status.ts";
import { unlessAborted, waitForStart } from "./wait-for-start.ts";

export class NamedServices implements Services {
  readonly #fleet: Fleet;
  readonly #namespace: string;
  readonly #options: ProcessRuntimeOptions;

  constructor(fleet: Fleet, namespace: string, options: ProcessRuntimeOptions) {
    this.#fleet = fleet;
    this.#namespace = namespace;
    this.#options = options;
  }

  async run(given: RunSpec, options: RunOptions = {}): Promise<ServiceStatus> {
    options.signal?.throwIfAborted();
    const spec = checkedSpec(given);
    const program = await findProgram(spec, this.#options);
    const name = spec.name ?? nameOf(program);
    const owner = { namespace: parseNamespace(this.#namespace), name };
    const present = this.#fleet.get(owner);
    if (present && options.existing === "replace") return this.#become(present, spec, options);
    const { readyTimeoutMs = readyTimeoutDefaultMs } = options;
    const record = { ...owner, spec, proven: false, starts: 0, serves: [] };
    const service = this.#fleet.admit({ ...record, killed: false, others: [] }, readyTimeoutMs);
    try {
      await service.announce();
      await service.record.kept(keepTimeoutMs);
      const start = service.nextStart();
      await this.#fleet.supervisor.add(service.child);
      await this.#untilReady("run", service, start, options);
    } catch (thrown) {
      await this.#fleet.takeOut(service);
      throw thrown;
    }
    return await this.#statusOf(service);
  }

  async update(
    name: string,
    changes: ServiceChanges = {},
    options: WaitOptions = {},
  ): Promise<ServiceStatus> {
    options.signal?.throwIfAborted();
    const service = this.#find("update", name);
    await service.inTurn(async () => {
      const spec = checkedSpec(changedSpec(service.record.value.spec, changes));
      await this.#replace(service, spec, options);
    });
    return await this.#statusOf(service);
  }

  async restart(name: string, options: WaitOptions = {}): Promise<ServiceStatus> {
    options.signal?.throwIfAborted();
    const service = this.#find("restart", name);
    const start = await service.inTurn(async () => {
      // In the turn, so that of several restarts the last one asked for is the one that lasts; and before the stop, so
      // that a program that was moved away does not cost the process that still runs.
      await findProgram(service.record.value.spec, this.#options);
      return await this.#fleet.startAnew(service);
    });
    await this.#untilReady("restart", service, start, options);
    return await this.#statusOf(service);
  }

  async kill(name: string, options: CallOptions = {}): Promise<void> {
    options.signal?.throwIfAborted();
    const service = this.#find("kill", name);
    // Written down first: whatever ends this runtime now, the next one ends the process and does not start it again.
    service.record.change({ killed: true });
    try {
      await service.record.kept(keepTimeoutMs);
    } catch (thrown) {
      service.record.change({ killed: false });
      throw thrown;
    }
    const child = joinName(service);
    await unlessAborted(this.#fleet.supervisor.remove(child).catch(neverAdded), options.signal);
    await this.#fleet.forget(child);
  }

  async list(options: ListOptions = {}): Promise<Page> {
    options.signal?.throwIfAborted();
    const { limit, cursor = "" } = parseInput(ListOptionsType, options, "this list of services");
    const states = await this.#fleet.states();
    const rest = this.#fleet.listed(this.#namespace).filter(({ name }) => name > cursor);
    const items = rest.slice(0, limit).map((each) => statusOf(each, states.get(joinName(each))));
    const last = items.at(-1);
    return { items, ...(rest.length > limit && last && { cursor: last.name }) };
  }

  async *logs(scope: LogScope = {}): AsyncGenerator<LogLine, void, undefined> {
    const { name, since, follow } = parseInput(LogScopeType, scope, "this scope of logs");
    const { tail = since ? undefined : tailDefault } = scope;
    const owner = name === undefined ? undefined : { namespace: this.#namespace, name };
    if (owner && !this.#hasLog(owner)) throw refusals.notRunning("read", owner, this.#running());
    yield* streamLogs(this.#fleet.logs, {
      owners: () => (owner ? [owner] : this.#fleet.listed(this.#namespace)),
      now: this.#fleet.clock.wallMs(),
      tail,
      since: since?.getTime(),
      follow,
      signal: scope.signal,
    });
  }

  /** A service of this name is what is asked for, or becomes it. */
  async #become(
    service: HostedService,
    given: ParsedSpec,
    options: WaitOptions,
  ): Promise<ServiceStatus> {
    await service.inTurn(async () => {
      const old = service.record.value.spec;
      // What somebody has run to stay does not go with a platform that names it, too.
      const lasts = old.lasts === "until-killed" ? old.lasts : given.lasts;
      const spec = { ...given, lasts };
      if (!isSameSpec(old, spec)) return await this.#replace(service, spec, options);
      await settled(service, this.#fleet.clock, options);
      if (isServing(service)) return undefined;
      const start = await this.#fleet.startAnew(service);
      return await this.#untilReady("run", service, start, options);
    });
    return await this.#statusOf(service);
  }

  /** Beside the present process where that serves; else there is nothing to be kept. */
  async #replace(service: HostedService, spec: ParsedSpec, options: WaitOptions): Promise<void> {
    const { signal, readyTimeoutMs: timeoutMs = readyTimeoutDefaultMs } = options;
    const { environment = process.env } = this.#options;
    const { clock } = this.#fleet;
    const program = await findProgram(spec, this.#options);
    await checkProgram(program, { name: service.name, environment, signal });
    await settled(service, clock, options);
    if (this.#fleet.isClosing) throw refusals.runtimeClosing(`update "${service.name}"`);
    if (isServing(service)) {
      await replaceProcess(service, { program, spec, clock, timeoutMs, signal });
      return;
    }
    service.record.change({ spec });
    await service.record.kept(keepTimeoutMs);
    await this.#untilReady("restart", service, await this.#fleet.startAnew(service), options);
  }

  async #untilReady(
    verb: "run" | "restart",
    service: HostedService,
    start: NextStart,
    options: WaitOptions,
  ): Promise<void> {
    const { signal, readyTimeoutMs: timeoutMs = readyTimeoutDefaultMs } = options;
    const { clock } = this.#fleet;
    const end = await waitForStart(start.outcome, { clock, timeoutMs, signal });
    if (end.kind === "ready") return;
    if (this.#fleet.isClosing) throw refusals.runtimeClosing(`${verb} "${service.name}"`);
    if (end.kind === "stopped") throw refusals.stoppedMeanwhile(verb, service);
    if (end.kind === "ended") throw refusals.startFailed(verb, service, end);
    throw refusals.startTooSlow(verb, service, timeoutMs);
  }

  #find(verb: string, name: string): HostedService {
    const owner = { namespace: this.#namespace, name };
    const service = this.#fleet.get(owner);
    if (!service) throw refusals.notRunning(verb, owner, this.#running());
    return service;
  }

  /** Whether there is something to read; a name that breaks the rules is no path to look at. */
  #hasLog(owner: QualifiedName): boolean {
    const { namespace, name } = owner;
    if (serviceNameProblem(name) ?? serviceNameProblem(namespace)) return false;
    return this.#fleet.get(owner) !== undefined || this.#fleet.logs.has(owner);
  }

  #running(): readonly string[] {
    return this.#fleet.listed(this.#namespace).map(({ name }) => name);
  }

  async #statusOf(service: HostedService): Promise<ServiceStatus> {
    const states = await this.#fleet.states();
    return statusOf(service, states.get(joinName(service)));
  }
}

/** One that was just found, or started, is ready in a moment or not at all. */
async function settled(
  { present }: HostedService,
  clock: Clock,
  { signal, readyTimeoutMs: timeoutMs = readyTimeoutDefaultMs }: WaitOptions,
): Promise<void> {
  if (!present || present.isReady) return;
  const outcome = Promise.race([present.ready, present.over]).then(() => stopped);
  await waitForStart(outcome, { clock, timeoutMs, signal });
}

const stopped = { kind: "stopped" } as const;

function isServing({ present }: HostedService): boolean {
  return present !== undefined && present.isReady && !present.isOver;
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

/** It was desired, and not started yet. */
function neverAdded(thrown: unknown): void {
  if (ReefError.from(thrown).code !== "not_found") throw thrown;
}
