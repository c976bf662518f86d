/** The services of a namespace that may run a number of programs: one more is refused before anything is started. */
import type { Services } from "../../blocks/runtime/index.ts";
import { quotaReached } from "../../rpc/quota-reached.ts";

export interface LimitedServicesOptions {
  readonly namespace: string;
  /** Names of those that are being started; the same for all callers. */
  readonly starting: Set<string | symbol>;
  readonly limit: number;
}

export function limitServices(
  services: Services,
  { namespace, starting, limit }: LimitedServicesOptions,
): Services {
  return {
    async run(spec, options) {
      // Without a name it gets that of its file: it is one more, unless it is refused for being there already.
      const name = spec.name ?? Symbol("unnamed");
      const isFirst = !starting.has(name);
      starting.add(name);
      try {
        const names = new Set<string | symbol>([...starting, ...(await namesOf(services))]);
        if (names.size > limit) {
          const what = `run ${spec.name === undefined ? "another service" : `"${spec.name}"`}`;
          throw quotaReached(what, { namespace, quota: "services", limit });
        }
        return await services.run(spec, options);
      } finally {
        if (isFirst) starting.delete(name);
      }
    },
    update: (...given) => services.update(...given),
    restart: (...given) => services.restart(...given),
    kill: (...given) => services.kill(...given),
    list: (...given) => services.list(...given),
    logs: (...given) => services.logs(...given),
  };
}

async function namesOf(services: Services): Promise<string[]> {
  const names: string[] = [];
  let cursor: string | undefined;
  do {
    // oxlint-disable-next-line no-await-in-loop -- each page says where the next begins
    const page = await services.list({ cursor });
    names.push(...page.items.map(({ name }) => name));
    cursor = page.cursor;
  } while (cursor !== undefined);
  return names;
}
