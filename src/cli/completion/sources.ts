/** What only the platform knows. Where it does not answer in time there is nothing to propose, and nothing to say. */
import type { ContractDescriptor } from "../../contract/descriptor.ts";
import { localEnvironment, readEnvironments } from "../../framework/environments/environments.ts";
import { allPrograms } from "../all-programs.ts";
import type { CommandContext, CompletionSource } from "../command.ts";
import { kindTexts } from "../commands/describe.ts";
import { presentService } from "../find-service.ts";
import type { Answer, Candidate } from "./answer.ts";

/** Most tables or services: a longer list is no help, and a terminal would ask whether to show it. */
const candidatesMax = 200;

/** The candidates of a source. `service` is the one that methods are wanted of. */
export async function askSource(
  context: CommandContext,
  source: CompletionSource,
  service?: string,
): Promise<Answer> {
  if (source === "files" || source === "folders") return source;
  if (typeof source !== "string") return source.map((value) => ({ value }));
  const found = await orNothing(context, [], () => sources[source](context, service));
  return found.slice(0, candidatesMax);
}

/** The contract of a service that is there. */
export async function askContract(
  context: CommandContext,
  service: string,
): Promise<ContractDescriptor | undefined> {
  const found = await orNothing(context, undefined, () => presentService(context, service));
  return found?.descriptor;
}

type Ask = (context: CommandContext, service?: string) => Promise<readonly Candidate[]>;

const sources = {
  services: servicesOf,
  methods: methodsOf,
  running: runningOf,
  tables: tablesOf,
  namespaces: namespacesOf,
  environments: environmentsOf,
} satisfies { readonly [source: string]: Ask };

async function servicesOf({ platform, namespace, signal }: CommandContext): Promise<Candidate[]> {
  const { registry } = await platform();
  const views = await registry.list({ namespace, signal });
  return views.map(({ service, nodes }) => {
    const versions = [...new Set(nodes.map(({ version }) => version))].join(", ");
    return { value: service, description: `service ${versions || "that is expected"}` };
  });
}

async function methodsOf(context: CommandContext, service = ""): Promise<Candidate[]> {
  const found = await presentService(context, service);
  return Object.values(found?.descriptor.methods ?? {}).map(({ name, kind, description }) => {
    return { value: name, description: description ?? kindTexts[kind] };
  });
}

async function runningOf({ platform, signal }: CommandContext): Promise<Candidate[]> {
  const { runtime } = await platform();
  const programs = await allPrograms(runtime, signal);
  return programs.map(({ name, state }) => ({ value: name, description: state }));
}

async function tablesOf({ platform, signal }: CommandContext): Promise<Candidate[]> {
  const { store } = await platform();
  const tables = await store.tables({ signal });
  return tables.map((value) => ({ value }));
}

async function namespacesOf({ platform, signal }: CommandContext): Promise<Candidate[]> {
  const { namespaces } = await platform();
  const { items } = await namespaces.list({ signal });
  return items.map(({ name, base }) => {
    return { value: name, ...(base !== undefined && { description: `branch of ${base}` }) };
  });
}

async function environmentsOf({ env }: CommandContext): Promise<Candidate[]> {
  const { named } = readEnvironments(env);
  const others = named.map(({ name, url }) => ({ value: name, description: url }));
  return [{ value: localEnvironment, description: "this machine" }, ...others];
}

/** A person is in the middle of a word: no failure is worth a line on their screen. */
async function orNothing<T>(
  { signal }: CommandContext,
  nothing: T,
  ask: () => Promise<T>,
): Promise<T> {
  const { promise: tooLate, resolve } = Promise.withResolvers<T>();
  const onAbort = () => resolve(nothing);
  if (signal.aborted) return nothing;
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    // Not every step on the way there can be stopped, and the process ends right behind this.
    return await Promise.race([ask().catch(() => nothing), tooLate]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
