import type { ServiceView } from "../../blocks/registry/index.ts";
import type { ServiceStatus } from "../../blocks/runtime/index.ts";
import { ReefError } from "../../core/errors.ts";
import { stateFolder } from "../../framework/state-folder.ts";
import type { Client } from "../../rpc/client.ts";
import type { PlatformContract } from "../../server/platform-contract.ts";
import { command } from "../command.ts";
import type { CommandContext } from "../command.ts";
import { formatDuration } from "../duration.ts";
import type { ExitCode } from "../failure.ts";
import { allPrograms } from "../all-programs.ts";
import { note, printJson, printTable } from "../print.ts";
import { printable } from "../table.ts";
import type { Cell } from "../table.ts";
import { painter } from "../terminal.ts";

export const status = command({
  name: "status",
  summary: "Show how the platform fares",
  about: `The platform with its parts, the services that can be called and the programs that were run. A part runs in the
platform or, when that was started with --exclude, in a process of its own; one that was left out and that nothing
needs is fine. Of the keys it says which signs tokens and since when, and when another one will: they rotate by
themselves (reef auth keys). The exit code is 1 when anything of it is not ready, so that scripts can wait for it.`,
  examples: [
    ["reef status", "everything"],
    ["until reef status; do sleep 1; done", "waits until everything is ready"],
  ],
  positionals: {},
  options: {},
  async run(context) {
    const report = await readReport(context);
    if (context.globals.json) await printJson(context, report);
    else await printReport(context, report);
    return (report.ready ? 0 : 1) satisfies ExitCode;
  },
});

/** What nobody knows who asks for is not told; `isKnown` is whether the rest can be asked for, too. */
async function statusOf(client: Client<typeof PlatformContract>, context: CommandContext) {
  try {
    return { isKnown: true, ...(await client.status({}, { signal: context.signal })) };
  } catch (error) {
    const { code } = ReefError.from(error);
    const isRefused = code === "unavailable" || code === "unauthenticated";
    if (!isRefused || context.environment()) throw error;
    return { isKnown: false, ...(await statusWithoutAuth(context)) };
  }
}

/** On its own machine a platform tells so much to whoever may read its folder, also while auth is away. */
async function statusWithoutAuth(context: CommandContext) {
  const { platformNamespace } = await import("../../blocks/registry/index.ts");
  const { PlatformContract } = await import("../../server/platform-contract.ts");
  const { openPartIdentities } = await import("../../server/identity/parts.ts");
  const { state } = context.globals;
  const credentials = (await openPartIdentities(stateFolder(state))).credentials("looker");
  const where = state === undefined ? {} : { state };
  await using platform = await context.openPlatform({ ...where, credentials });
  await using client = platform.client(PlatformContract, { namespace: platformNamespace });
  return await client.status({}, { signal: context.signal });
}

/** One thing that is ready or not, with its state in the words of whoever owns it. */
interface Item {
  readonly kind: "part" | "service" | "program";
  readonly name: string;
  readonly namespace: string;
  readonly state: string;
  readonly ready: boolean;
  /** Of a part: "platform", or "process" for one of its own. */
  readonly place?: string | undefined;
  readonly pid?: number | undefined;
  /** Of a part: how often it was started, or found again. */
  readonly starts?: number;
  readonly survives?: string | undefined;
  readonly error?: string | undefined;
}

type Report = Awaited<ReturnType<typeof readReport>>;

async function readReport(context: CommandContext) {
  const { signal, globals } = context;
  const platform = await context.platform();
  const { platformNamespace } = await import("../../blocks/registry/index.ts");
  const { PlatformContract } = await import("../../server/platform-contract.ts");
  await using client = platform.client(PlatformContract, { namespace: platformNamespace });
  const scope = {
    signal,
    ...(globals.namespace !== undefined && { namespace: globals.namespace }),
  };
  const { parts, isKnown, ...facts } = await statusOf(client, context);
  const isThere = (part: string) =>
    isKnown && parts.some(({ name, status: is }) => name === part && is === "ready");
  // What is not there cannot be asked, and that it is not there is said by the part itself.
  const [views, programs] = await Promise.all([
    isThere("registry") ? platform.registry.list(scope) : [],
    isThere("runtime") ? allPrograms(platform.runtime, signal) : [],
  ]);
  const items: readonly Item[] = [
    ...parts.map(({ status: given, ...part }): Item => {
      const state = given === "left-out" ? "left out" : given;
      const ready = given === "ready" || given === "left-out";
      return { kind: "part", namespace: platformNamespace, state, ready, ...part };
    }),
    ...views.filter(({ namespace }) => namespace !== platformNamespace).map(serviceItem),
    ...programs.map((each) => programItem(each, context.namespace)),
  ];
  const ready = items.every((item) => item.ready);
  return { ready, control: platform.control, ...facts, items };
}

function serviceItem({ service: name, namespace, nodes }: ServiceView): Item {
  const ready = nodes.filter(({ state }) => state === "ready").length;
  const state = `${ready}/${nodes.length} ready`;
  return { kind: "service", name, namespace, state, ready: ready > 0 };
}

function programItem({ name, state, pid, lastError }: ServiceStatus, namespace: string): Item {
  const error = state === "ready" ? undefined : lastError;
  return { kind: "program", name, namespace, state, ready: state === "ready", pid, error };
}

/** The process that it runs in; a service may have many. */
function processOf({ kind, place, pid }: Item): string {
  if (kind === "part" && place !== "process") return "platform";
  const number = pid === undefined ? "" : `pid ${pid}`;
  return kind === "part" && number !== "" ? `own, ${number}` : number;
}

/** What a block promises for what it acknowledged is worth knowing before one relies on it. */
function stateOf({ state, survives }: Item): string {
  return survives === undefined ? state : `${state}, survives ${survives}`;
}

function styleOf({ state, ready }: Item): "good" | "bad" | "quiet" {
  if (state === "left out") return "quiet";
  return ready ? "good" : "bad";
}

/** Their ages, and when others come: `reef auth keys` names all of those that sign. */
function keysText({ signs, next, parts }: NonNullable<Report["keys"]>, nowMs: number): string {
  const tokens = signs && `${signs.id} signs tokens ${lifeOf({ ...signs, next }, nowMs)}`;
  return [tokens, `the key of parts ${lifeOf(parts, nowMs)}`].filter(Boolean).join("; ");
}

interface KeyLife {
  readonly since: Date;
  readonly until?: Date | undefined;
  readonly next?: { readonly since: Date } | undefined;
}

function lifeOf({ since, until, next }: KeyLife, nowMs: number): string {
  const age = `since ${formatDuration(nowMs - since.getTime())}`;
  const end = next?.since ?? until;
  if (end === undefined) return age;
  const leftMs = end.getTime() - nowMs;
  return `${age}, the next ${leftMs > 0 ? `in ${formatDuration(leftMs)}` : "within the hour"}`;
}

async function printReport(context: CommandContext, report: Report): Promise<void> {
  const { stdout, clock } = context;
  const { version, node, pid, startedAt, control, state, gateway, proxy, profile, keys, items } =
    report;
  const uptime = formatDuration(clock.wallMs() - startedAt.getTime());
  const heading = painter(stdout, "heading");
  await stdout.write(
    `${heading("reef")} ${version} on node ${node}, profile ${profile}, pid ${pid}, up ${uptime}\n` +
      `${heading("gateway")}  ${gateway ?? "none"}\n` +
      `${heading("proxy")}    ${proxy ?? "none"}\n` +
      `${heading("control")}  ${control}\n` +
      `${heading("state")}    ${state}\n` +
      `${keys ? `${heading("keys")}     ${keysText(keys, clock.wallMs())}\n` : ""}\n`,
  );
  const rows = items.map((item): Cell[] => [
    item.kind,
    { text: item.name, paint: painter(stdout, "name") },
    { text: stateOf(item), paint: painter(stdout, styleOf(item)) },
    processOf(item),
    item.namespace,
  ]);
  await printTable(context, ["KIND", "NAME", "STATE", "PROCESS", "NAMESPACE"], rows);
  for (const { kind, name, error } of items) {
    if (error === undefined) continue;
    const lines = error.split("\n").map(printable).join("\n  ");
    await note(context, `\n${kind} ${name}: ${lines}`);
  }
}
