/** Which services are listed in each namespace by those who came over a wire, so that a quota of them can be kept. */
import { quotaReached } from "../../rpc/quota-reached.ts";

export class HeldServices {
  /** How many hold each service, by namespace and name. */
  readonly #held = new Map<string, Map<string, number>>();

  /** @throws {ReefError} `resource_exhausted` when it would be one service more than `limit` */
  hold(namespace: string, service: string, limit: number = Infinity): Disposable {
    const names = this.#held.get(namespace) ?? new Map<string, number>();
    const holders = names.get(service) ?? 0;
    if (holders === 0 && names.size >= limit) {
      throw quotaReached(`list the service "${service}"`, { namespace, quota: "services", limit });
    }
    this.#held.set(namespace, names);
    names.set(service, holders + 1);
    return {
      [Symbol.dispose]: () => {
        const left = (names.get(service) ?? 1) - 1;
        if (left > 0) names.set(service, left);
        else names.delete(service);
        if (names.size === 0) this.#held.delete(namespace);
      },
    };
  }
}
