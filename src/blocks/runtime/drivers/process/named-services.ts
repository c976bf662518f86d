/** The services of one namespace, as their callers see them. */
import { serviceNameProblem } from "../../../../contract/names.ts";
import { isReservedName } from "../../../../contract/reserved-names.ts";
import { ReefError } from "../../../../core/errors.ts";
import { ListOptionsType, LogScopeType, parseInput, parseNamespace } from "../../contract.ts";
import { readyTimeoutDefaultMs, tailDefault } from "../../index.ts";
import type {
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
import { changedSpec, checkedSpec } from "./changed-spec.ts";
import type { Fleet } from "./fleet.ts";
import type { HostedService } from "./hosted-service.ts";
import { streamLogs } from "./log-stream.ts";
import type { ProcessRuntimeOptions } from "./options.ts";
import { findProgram, type Program } from "./program.ts";
import { joinName, type QualifiedName } from "./qualified-name.ts";
import * as refusals from "./refusals.ts";
import { keepTimeoutMs } from "./replace-process.ts";
import { Starts } from "./starts.ts";
import { statusOf } from "./status.ts";
import { unlessAborted } from "./wait-for-start.ts";

export class NamedServices implements Services {
  readonly #fleet: Fleet;
  readonly #namespace: string;
  readonly #options: ProcessRuntimeOptions;
  readonly #starts: Starts;

  constructor(fleet: Fleet, namespace: string, options: ProcessRuntimeOptions) {
    this.#fleet = fleet;
    this.#namespace = namespace;
    this.#options = options;
    this.#starts = new Starts(fleet, options);
  }

  async run(given: RunSpec, options: RunOptions = {}): Promise<ServiceStatus> {
    options.signal?.throwIfAborted();
    const spec = checkedSpec(given);
    const program = await findProgram(spec, this.#options);
    const name = spec.name ?? nameOf(program);
    // One for Node says itself, by its contracts, what it is called by.
    const called = spec.contract?.name ?? name;
    if (spec.command && isReservedName(called)) throw refusals.nameReserved(called);
    const owner = { namespace: parseNamespace(this.#namespace), name };
    const present = this.#fleet.get(owner);
    if (present && options.existing === "replace") {
      await this.#starts.become(present, spec, options);
      return await this.#statusOf(present);
    }
    const { readyTimeoutMs = readyTimeoutDefaultMs } = options;
    const record = { ...owner, spec, proven: false, starts: 0, serves: [] };
    const service = this.#fleet.admit({ ...record, killed: false, others: [] }, readyTimeoutMs);
    try {
      await service.expectations.announce();
      await service.record.kept(keepTimeoutMs);
      const start = service.waiters.next();
      await this.#fleet.supervisor.add(service.child);
      await this.#starts.untilReady("run", service, start, options);
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
      await this.#starts.replace(service, spec, options);
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
    await this.#starts.untilReady("restart", service, start, options);
    return await this.#statusOf(service);
  }

  async kill(name: string, options: Pick<WaitOptions, "signal"> = {}): Promise<void> {
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
