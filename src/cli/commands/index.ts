/** The tree of commands. Each is loaded when it is needed, so that a short command starts at once. */
import type { Command } from "../command.ts";

type Load = () => Promise<Command>;

/** In the order of the help, by group. */
export const commandGroups: { readonly [title: string]: { readonly [name: string]: Load } } = {
  "The platform": {
    server: async () => (await import("./server.ts")).server,
    service: async () => (await import("./service.ts")).service,
    status: async () => (await import("./status.ts")).status,
  },
  "Writing services": {
    new: async () => (await import("./new.ts")).newService,
    contract: async () => (await import("./contract.ts")).contract,
    gen: async () => (await import("./gen.ts")).gen,
  },
  "Running services": {
    run: async () => (await import("./run.ts")).run,
    list: async () => (await import("./list.ts")).list,
    logs: async () => (await import("./logs.ts")).logs,
    update: async () => (await import("./update.ts")).update,
    restart: async () => (await import("./restart.ts")).restart,
    kill: async () => (await import("./kill.ts")).kill,
  },
  "Using services": {
    services: async () => (await import("./services.ts")).services,
    describe: async () => (await import("./describe.ts")).describe,
    call: async () => (await import("./call.ts")).call,
    stream: async () => (await import("./stream.ts")).stream,
    namespace: async () => (await import("./namespace.ts")).namespace,
    auth: async () => (await import("./auth.ts")).auth,
    store: async () => (await import("./store.ts")).store,
  },
  "Other environments": {
    env: async () => (await import("./env.ts")).env,
    login: async () => (await import("./login.ts")).login,
    logout: async () => (await import("./logout.ts")).logout,
    whoami: async () => (await import("./whoami.ts")).whoami,
  },
  "About reef": {
    completion: async () => (await import("./completion.ts")).completion,
    version: async () => (await import("./version.ts")).version,
  },
};

/** Every command by its name. */
export const commands: { readonly [name: string]: Load } = Object.assign(
  Object.create(null),
  ...Object.values(commandGroups),
);
