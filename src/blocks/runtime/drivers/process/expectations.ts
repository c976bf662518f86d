/**
 * What callers may wait for while a service starts or is replaced. Until it was ready, the only guess is its own name;
 * then it is what it has registered. Names of contracts are not names of programs: `shop.ts` may serve `orders` and
 * `basket`.
 */
import type { Logger } from "../../../../core/log.ts";
import { ReefError } from "../../../../core/errors.ts";
import type { Grant, Registry } from "../../../registry/index.ts";
import { isCalled } from "./is-called.ts";
import type { KeptRecord } from "./kept-record.ts";

export class Expectations implements AsyncDisposable {
  readonly #record: KeptRecord;
  readonly #registry: Registry;
  readonly #log: Logger;
  /** Promises, because a second `expect` of one service must find the first while that is on its way. */
  readonly #held = new Map<string, Promise<Grant>>();

  constructor(record: KeptRecord, registry: Registry, log: Logger) {
    this.#record = record;
    this.#registry = registry;
    this.#log = log;
  }

  /** Before a start, or when a process was found: what it served last. */
  async announce(): Promise<void> {
    const { serves, name, spec } = this.#record.value;
    const guess = isCalled(spec) ? [name] : [];
    const names = serves.length > 0 ? serves : guess;
    await Promise.all(names.map((service) => this.expect(service)));
  }

  /** A process has listed this service. */
  meet(service: string): void {
    const { serves } = this.#record.value;
    if (!serves.includes(service)) this.#record.change({ serves: [...serves, service] });
    void this.expect(service);
  }

  /** Settles when callers can wait for the service. */
  async expect(service: string): Promise<void> {
    const held = this.#held.get(service) ?? this.#take(service);
    this.#held.set(service, held);
    const forget = () => {
      if (this.#held.get(service) === held) this.#held.delete(service);
    };
    try {
      // Lost by the registry: the next start of the service announces it again.
      (await held).lost.addEventListener("abort", forget, { once: true });
    } catch (thrown) {
      // Without it callers do not wait for this service, but it runs.
      forget();
      const { code, message } = ReefError.from(thrown);
      this.#log.warn("A service cannot be announced", { service, code, message });
    }
  }

  /** Goes on with these only: the others are no longer served by this program. */
  async keep(services: ReadonlySet<string>): Promise<void> {
    const { serves } = this.#record.value;
    if (serves.some((each) => !services.has(each))) this.#record.change({ serves: [...services] });
    await this.#releaseOthers(services);
  }

  async #releaseOthers(services: ReadonlySet<string>): Promise<void> {
    const others = [...this.#held].filter(([service]) => !services.has(service));
    await Promise.all(others.map(([service, held]) => this.#release(service, held)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#releaseOthers(new Set());
  }

  #take(service: string): Promise<Grant> {
    return this.#registry.expect({ namespace: this.#record.value.namespace, service });
  }

  async #release(service: string, held: Promise<Grant>): Promise<void> {
    this.#held.delete(service);
    try {
      await (await held)[Symbol.asyncDispose]();
    } catch (thrown) {
      const { code, message } = ReefError.from(thrown);
      this.#log.warn("A service cannot be taken back", { service, code, message });
    }
  }
}
