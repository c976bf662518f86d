/** All services of a runtime: those that it finds when it begins, those that come and go, and the end of all. */
import { randomUUID } from "node:crypto";
import { type Clock, systemClock } from "../../../../core/clock.ts";
import { ReefError } from "../../../../core/errors.ts";
import type { ChildState, StopReport } from "../../../../supervisor/events.ts";
import { openSupervisor, type Supervisor } from "../../../../supervisor/supervisor.ts";
import { readyTimeoutDefaultMs, servicesMax } from "../../index.ts";
import { findProcesses } from "./adoption.ts";
import { DesiredServices } from "./desired-services.ts";
import { Expectations } from "./expectations.ts";
import { HostedService } from "./hosted-service.ts";
import type { NextStart } from "./start-outcome.ts";
import { InstanceNodes } from "./instance-nodes.ts";
import type { KeptRecord } from "./kept-record.ts";
import { clearUp, endAll } from "./leftovers.ts";
import { LogFolder } from "./log-folder.ts";
import type { ProcessRuntimeOptions } from "./options.ts";
import { ProcessMaker } from "./process-maker.ts";
import { joinName, type QualifiedName } from "./qualified-name.ts";
import * as refusals from "./refusals.ts";
import { ServiceOutput } from "./service-output.ts";
import type { ServiceRecord } from "./service-record.ts";
import { startInTurn } from "./start-in-turn.ts";
import { stopInTurn } from "./stop-in-turn.ts";

/** A store that is away must not hold up the end. */
const forgetTimeoutMs = 1_000;

export class Fleet {
  readonly clock: Clock;
  readonly logs: LogFolder;
  readonly supervisor: Supervisor;
  readonly #options: ProcessRuntimeOptions;
  readonly #desired: DesiredServices;
  readonly #nodes: InstanceNodes;
  readonly #maker: ProcessMaker;
  /** By `joinName`, those that were started first at the front. */
  readonly #services = new Map<string, HostedService>();
  #ending: Promise<unknown> = Promise.resolve();
  #begun = false;
  #closed: Promise<StopReport> | undefined;

  constructor(options: ProcessRuntimeOptions) {
    const { clock = systemClock, log, logBytesMax: bytesMax } = options;
    this.#options = options;
    this.clock = clock;
    this.supervisor = openSupervisor({ name: "runtime", clock });
    this.#desired = new DesiredServices({ table: options.desired, clock, log });
    this.#nodes = new InstanceNodes(options.registry, { clock, log });
    this.#maker = new ProcessMaker(options, this.#nodes, clock);
    this.logs = new LogFolder(options.logsFolder, { clock, log, ...(bytesMax && { bytesMax }) });
    // One that did not stop in time is forgotten when it has.
    this.supervisor.events.on((event) => {
      if (event.kind === "removed") void this.forget(event.child);
    });
  }

  get isClosing(): boolean {
    return this.#closed !== undefined;
  }

  /** Finds what still runs, and what is desired. @throws {ReefError} `unavailable` when the store cannot be read */
  async begin(): Promise<void> {
    const { records, unreadable } = await this.#desired.load();
    const values = records.map(({ value }) => value);
    const { present, ...left } = findProcesses(values, { ...this.#options, unreadable });
    const ended = endAll(left, { ...this.#options, clock: this.clock });
    this.#ending = ended;
    const waiting: HostedService[] = [];
    await this.#options.identities?.keepOnly(values.filter(({ killed }) => !killed));
    for (const record of records) {
      const found = present.get(record.value);
      if (record.value.killed) {
        void ended.then(() => record.forget());
        continue;
      }
      const service = this.#take(record, readyTimeoutDefaultMs);
      // In its turn: an update that is asked for now waits until nothing is left of the one before.
      void service.inTurn(() => ended.then(() => clearUp(record, found)));
      // oxlint-disable-next-line no-await-in-loop -- one after the other is soon enough
      await service.expectations.announce();
      if (found) await service.adopt(found);
      if (found) await this.supervisor.add(service.child);
      else waiting.push(service);
    }
    void Promise.resolve(this.#options.begin).then(() => {
      this.#begun = true;
      // Meanwhile somebody may have killed it, or run it.
      const isWanted = (each: HostedService) => !this.isClosing && this.get(each) === each;
      const options = { clock: this.clock, isWanted };
      return startInTurn(this.supervisor, waiting.filter(isWanted), options);
    });
  }

  /** Takes a service in under its name, from where on the name is taken. */
  admit(record: ServiceRecord, readyTimeoutMs: number): HostedService {
    if (this.isClosing) throw refusals.runtimeClosing(`run "${record.name}"`);
    const present = this.#services.get(joinName(record));
    if (present) throw refusals.alreadyRunning(present);
    if (this.#services.size >= servicesMax) throw refusals.tooManyServices(servicesMax);
    return this.#take(this.#desired.add(record), readyTimeoutMs);
  }

  get(owner: QualifiedName): HostedService | undefined {
    return this.#services.get(joinName(owner));
  }

  /** Sorted by name. */
  listed(namespace: string): readonly HostedService[] {
    const own = [...this.#services.values()].filter((each) => each.namespace === namespace);
    return own.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  async states(): Promise<ReadonlyMap<string, ChildState>> {
    return new Map((await this.supervisor.list()).map((state) => [state.name, state]));
  }

  /** Stops its process if there is one, and starts another. */
  async startAnew(service: HostedService): Promise<NextStart> {
    const child = joinName(service);
    const isKnown = (await this.states()).has(child);
    if (isKnown) await this.supervisor.stop(child);
    const start = service.waiters.next();
    await (isKnown ? this.supervisor.start(child) : this.supervisor.add(service.child));
    return start;
  }

  /** After a start that failed: why is what its caller hears; that it does not stop either goes to the log. */
  async takeOut(service: HostedService): Promise<void> {
    const child = joinName(service);
    service.record.forget();
    try {
      await this.supervisor.remove(child);
    } catch (thrown) {
      const { code, message } = ReefError.from(thrown);
      // Somebody else has killed it, or it never came so far.
      if (code !== "not_found")
        this.#options.log.warn("A failed start is still there", { message });
      if (code === "deadline_exceeded") return;
    }
    await this.forget(child);
  }

  async forget(child: string): Promise<void> {
    const service = this.#services.get(child);
    if (!service) return;
    this.#services.delete(child);
    if (!this.isClosing) {
      service.record.forget();
      await service.record.kept(forgetTimeoutMs).catch(startedAgain);
    }
    await service[Symbol.asyncDispose]();
  }

  close(): Promise<StopReport> {
    return (this.#closed ??= this.#close());
  }

  async #close(): Promise<StopReport> {
    const services = [...this.#services.values()];
    if (this.#begun) await this.#stopServices(services);
    else this.#maker.letGo();
    const report = await this.supervisor.close();
    await this.#ending;
    await Promise.all(services.map((service) => service[Symbol.asyncDispose]()));
    await this.#nodes[Symbol.asyncDispose]();
    return report;
  }

  async #stopServices(services: readonly HostedService[]): Promise<void> {
    const over = services.filter(({ record }) => record.value.spec.lasts === "until-closed");
    for (const { record } of over) record.forget();
    await stopInTurn(this.supervisor, services, this.clock);
    await Promise.all(
      services.map(({ record }) => record.kept(forgetTimeoutMs).catch(startedAgain)),
    );
  }

  #take(record: KeptRecord, readyTimeoutMs: number): HostedService {
    const { registry, log, newInstance = randomUUID } = this.#options;
    const { namespace, name } = record.value;
    const service = new HostedService({
      record,
      registry,
      log,
      newInstance,
      readyTimeoutMs,
      output: new ServiceOutput(name, this.logs.open({ namespace, name }), this.clock),
      expectations: new Expectations(record, registry, log),
      maker: this.#maker,
      clock: this.clock,
    });
    this.#services.set(joinName(service), service);
    return service;
  }
}

/** The next runtime finds it again, and starts it or ends it by what the record says. */
function startedAgain(): void {}
