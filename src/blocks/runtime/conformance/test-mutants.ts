/** Runtimes that break one promise each, with the case that catches each. */
import type { Mutant } from "../../../testing/mutants.ts";
import type { Services, ServiceStatus } from "../index.ts";
import { readingMutants } from "./test-reading-mutants.ts";

/** What is different of the services of a namespace; `other` gives those of another one. */
export type ServicesChange = (
  honest: Services,
  other: (namespace: string) => Services,
) => Partial<Services>;

const comesBack = "what was run comes back as it was when the runtime is opened again";
const staysGone = "what was killed, or was to last until the runtime is closed, does not come back";
const beside =
  "update() starts the new process beside the old one, which ends when the new one is ready";
const changes =
  "update() takes the program as it is now, with the changes that it is given and nothing else";
const replaced =
  "run() with existing: replace leaves the same service alone, and updates it to another";
const given = "run() gives the program its arguments and variables, and none that it was not given";

export const runtimeMutants: readonly Mutant<ServicesChange>[] = [
  {
    breaks: "run() says ready of whatever it has started",
    caught: "run() gives up on a program that is not ready in time",
    change: ({ run }) => ({
      run: async (spec, options) => {
        try {
          return await run(spec, options);
        } catch {
          return imagined(spec.name ?? "greeter");
        }
      },
    }),
  },
  {
    breaks: "all namespaces are one",
    caught: "run() takes a folder, and a name and a namespace where they are given",
    change: (_own, other) => other("default"),
  },
  {
    breaks: "run() forgets the arguments",
    caught: given,
    change: ({ run }) => ({ run: ({ args: _args, ...spec }, options) => run(spec, options) }),
  },
  {
    breaks: "run() forgets the variables",
    caught: given,
    change: ({ run }) => ({ run: ({ env: _env, ...spec }, options) => run(spec, options) }),
  },
  {
    breaks: "run() takes the place of what runs",
    caught: "run() refuses a name that is running, in its namespace only",
    change: ({ run }) => ({
      run: (spec, options) => run(spec, { ...options, existing: "replace" }),
    }),
  },
  {
    breaks: "run() with existing: replace refuses all the same",
    caught: replaced,
    change: ({ run }) => ({
      run: (spec, options) => run(spec, { ...options, existing: "refuse" }),
    }),
  },
  {
    breaks: "run() with existing: replace always starts another process",
    caught: replaced,
    change: ({ run, restart }) => ({
      async run(spec, options) {
        const status = await run(spec, options);
        return options?.existing === "replace" ? await restart(status.name) : status;
      },
    }),
  },
  {
    breaks: "everything lasts until it is killed",
    caught: staysGone,
    change: ({ run }) => ({
      run: (spec, options) => run({ ...spec, lasts: "until-killed" }, options),
    }),
  },
  {
    breaks: "nothing lasts longer than the runtime",
    caught: comesBack,
    change: ({ run }) => ({
      run: (spec, options) => run({ ...spec, lasts: "until-closed" }, options),
    }),
  },
  {
    breaks: "update() is a restart",
    caught: beside,
    change: ({ restart }) => ({ update: (name, _changes, options) => restart(name, options) }),
  },
  {
    breaks: "update() ignores the changes",
    caught: changes,
    change: ({ update }) => ({ update: (name, _changes, options) => update(name, {}, options) }),
  },
  {
    breaks: "update() forgets what is not changed",
    caught: changes,
    change: ({ update }) => ({
      update: (name, given, options) => update(name, { args: [], ...given }, options),
    }),
  },
  {
    breaks: "update() stops the old process when the new one fails",
    caught: "update() that is not valid, crashes or is too slow leaves the old process untouched",
    change: ({ update, kill }) => ({
      async update(name, given, options) {
        try {
          return await update(name, given, options);
        } catch (error) {
          await kill(name).catch(() => {});
          throw error;
        }
      },
    }),
  },
  {
    breaks: "update() keeps its failure to itself",
    caught: "update() that is not valid, crashes or is too slow leaves the old process untouched",
    change: ({ update }) => ({
      update: (name, given, options) => update(name, given, options).catch(() => imagined(name)),
    }),
  },
  {
    breaks: "restart() does nothing",
    caught: "restart() replaces the process while callers can wait",
    change: ({ list }) => ({
      async restart(name) {
        const { items } = await list();
        return items.find((each) => each.name === name) ?? imagined(name);
      },
    }),
  },
  {
    breaks: "restart() leaves a moment in which nobody expects the service",
    caught: "restart() replaces the process while callers can wait",
    change: ({ kill, run, list }) => ({
      async restart(name) {
        const { items } = await list();
        const source = items.find((each) => each.name === name)?.source;
        await kill(name);
        return { ...(await run({ source, name })), restarts: 1 };
      },
    }),
  },
  {
    breaks: "kill() does nothing",
    caught: "kill() ends the process and forgets the service",
    change: () => ({ kill: async () => {} }),
  },
  {
    breaks: "kill() ends the process and does not forget the service",
    caught: staysGone,
    change: ({ run, kill, list }) => ({
      async kill(name) {
        const { items } = await list();
        const source = items.find((each) => each.name === name)?.source;
        await kill(name);
        if (source !== undefined) await run({ source, name });
      },
    }),
  },
  ...readingMutants,
];

/** What is not there at all. */
function imagined(name: string): ServiceStatus {
  return {
    name,
    source: "/x.ts",
    state: "ready",
    instance: "i",
    pid: 1,
    restarts: 0,
    log: "/x.log",
  };
}
