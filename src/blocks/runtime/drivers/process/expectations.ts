/**
 * What callers may wait for while a service starts or is replaced. Until it was ready, the only guess is its own name;
 * then it is what it has registered. Names of contracts are not names of programs: `shop.ts` may serve `orders` and
 * `basket`.
 */
import type { Logger } from "../../../../core/log.ts";
import { ReefError } from "../../../../core/errors.ts";
import type { Grant, Registry } from "../../../registry/index.ts";

export class Expectations implements AsyncDisposable {
  readonly #registry: Registry;
  readonly #namespace: string;
  readonly #log: Logger;
  /** Promises, because a second `expect` of one service must find the first while that is on its way. */
  readonly #held = new Map<string, Promise<Grant>>();

  constructor(registry: Registry, namespace: string, log: Logger) {
    this.#registry = registry;
    this.#namespace = namespace;
    this.#log = log;
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
    const others = [...this.#held].filter(([service]) => !services.has(service));
    await Promise.all(others.map(([service, held]) => this.#release(service, held)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.keep(new Set());
  }

  #take(service: string): Promise<Grant> {
    return this.#registry.expect({ namespace: this.#namespace, service });
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
