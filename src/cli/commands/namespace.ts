import { join } from "node:path";
import type { Namespace, Namespaces, QuotaName } from "../../blocks/namespaces/index.ts";
import { quotaMax } from "../../blocks/namespaces/index.ts";
import { didYouMean } from "../../core/suggest.ts";
import { stateFolder } from "../../framework/state-folder.ts";
import { confirm } from "../confirm.ts";
import { inWords, wordRule } from "../bad-name.ts";
import { command } from "../command.ts";
import type { CommandContext, IntegerOption } from "../command.ts";
import { failure, usageError } from "../failure.ts";
import { note, printJson, printTable } from "../print.ts";

const actionNames = ["create", "list", "show", "change", "delete"] as const;
const quotaNames = ["services", "keys", "bytes", "callsPerSecond"] as const;
const takenNames = ["base", "services", "keys", "bytes", "calls-per-second"] as const;
const tryNext = "reef namespace --help";

export const namespace = command({
  name: "namespace",
  summary: "Make room for tenants and branches, and say how much they may take",
  about: `ACTION is create, list, show, change or delete. The same name in two namespaces is two things: a service, an
account, a table of the store. Every command works in one of them, by --namespace; else it is default.

--base makes a branch: a service that is not in it is looked for in its base, and what services keep never is. Quotas
limit what a namespace takes; --without takes one away again, or the base. delete refuses while something runs or is
kept there, unless --force. Owners of default look after all of them.`,
  examples: [
    ["reef namespace create acme", "for a tenant, with rules of its own"],
    ["reef namespace create fix-pay --base default", "a branch: run there what you change"],
    ["reef run ./pay.ts --namespace fix-pay", "all others are called in default"],
    ["reef namespace change acme --keys 100000 --calls-per-second 500", "quotas"],
    ["reef namespace change acme --without keys", "no limit of keys any more"],
    ["reef namespace delete fix-pay --force", "with all that runs and is kept there"],
  ],
  anyNamespace: true,
  positionals: {
    action: { description: "What to do", complete: actionNames },
    name: {
      description: "The namespace",
      optional: true,
      complete: ([action]) => (action === "create" ? undefined : "namespaces"),
    },
  },
  options: {
    base: {
      type: "text",
      placeholder: "NAME",
      complete: "namespaces",
      description: "create, change: where services are looked for that it lacks",
    },
    services: count("create, change: the most services that run in it"),
    keys: count("create, change: the most entries in its store"),
    bytes: count("create, change: the most bytes in its store"),
    "calls-per-second": count("create, change: at each entrance, and at each node"),
    without: {
      type: "text",
      placeholder: "WORD",
      list: true,
      complete: takenNames,
      description: `change: takes away ${takenNames.join(", ")}`,
    },
    force: { type: "flag", description: "delete: with all that runs and is kept there" },
  },
  async run(context, given) {
    const action = actionOf(given.action);
    refuseWords(action, given);
    const { namespaces } = await context.platform();
    await actions[action](context, namespaces, { ...given, name: given.name ?? "" });
    return 0;
  },
});

function count(description: string): IntegerOption {
  return { type: "integer", placeholder: "N", minimum: 0, maximum: quotaMax, description };
}

interface Words {
  readonly name: string;
  readonly base: string | undefined;
  readonly services: number | undefined;
  readonly keys: number | undefined;
  readonly bytes: number | undefined;
  readonly "calls-per-second": number | undefined;
  readonly without: readonly string[];
  readonly force: boolean;
}

type Run = (context: CommandContext, namespaces: Namespaces, words: Words) => Promise<void>;

const actions: { readonly [name in (typeof actionNames)[number]]: Run } = {
  async create(context, namespaces, words) {
    const { name, base } = words;
    const given = { name, base, quotas: quotasOf(words) };
    const making = namespaces.create(given, { signal: context.signal });
    const made = await making.catch((error: unknown) => {
      throw inWords(error, { field: "name", name, kind: "a namespace", rule: wordRule, tryNext });
    });
    if (context.globals.json) return printJson(context, made);
    await context.stdout.write(
      `${name} is there${base === undefined ? "" : `, a branch of ${base}`}\n`,
    );
    await note(context, `Use it with --namespace ${name}`);
  },
  async list(context, namespaces) {
    const all = await allOf(context, namespaces);
    if (context.globals.json) return printJson(context, { namespaces: all });
    const rows = all.map(({ name, base = "-", quotas, createdMs }) => {
      return [name, base, new Date(createdMs).toISOString().slice(0, 10), shownQuotas(quotas)];
    });
    await printTable(context, ["NAME", "BASE", "SINCE", "QUOTAS"], rows);
  },
  async show(context, namespaces, { name }) {
    const found = await namespaces.get(name, { signal: context.signal });
    if (!found) throw await missing(context, namespaces, name);
    if (context.globals.json) return printJson(context, found);
    await show(context, found);
  },
  async change(context, namespaces, words) {
    const { name, base } = words;
    const without = words.without.map(takenOf);
    const quotas = quotasOf(words);
    if (base === undefined && !quotas && without.length === 0) {
      throw usageError("Nothing to change: give --base, a quota or --without", { tryNext });
    }
    const change = { base, quotas, without };
    const changed = await namespaces.change(name, change, { signal: context.signal });
    if (context.globals.json) return printJson(context, changed);
    await show(context, changed);
  },
  async delete(context, namespaces, { name, force }) {
    await confirm(context, `Delete the namespace ${name}`);
    const deleted = await namespaces.delete(name, { force, signal: context.signal });
    if (context.globals.json) return printJson(context, { name, deleted });
    await context.stdout.write(`${name} ${deleted ? "is gone" : "was not there"}\n`);
    if (deleted) await note(context, leftOf(context, name));
  },
};

/** Who deletes a tenant has to know what is still to be found of it. */
function leftOf(context: CommandContext, name: string): string {
  const audit = "what the audit says of it for 90 days";
  if (context.environment()) return `Logs of its services stay on that machine, and ${audit}`;
  const folder = join(stateFolder(context.globals.state).logs, name);
  return `Logs of its services stay in ${folder} until you delete that, and ${audit}`;
}

async function show(
  context: CommandContext,
  { name, base, quotas, createdMs }: Namespace,
): Promise<void> {
  const lines = [
    ["name", name],
    ["base", base ?? "none"],
    ["since", new Date(createdMs).toISOString()],
    ...quotaNames.map((quota) => [flagOf(quota), String(quotas[quota] ?? "no limit")]),
  ];
  const text = lines.map(([what = "", value]) => `${what.padEnd(18)}${value}\n`).join("");
  await context.stdout.write(text);
}

function shownQuotas(quotas: Namespace["quotas"]): string {
  const given = quotaNames.filter((name) => quotas[name] !== undefined);
  return given.map((name) => `${flagOf(name)} ${quotas[name]}`).join(", ") || "-";
}

function quotasOf(words: Words): Namespace["quotas"] | undefined {
  const { services, keys, bytes, "calls-per-second": callsPerSecond } = words;
  const quotas = { services, keys, bytes, callsPerSecond };
  return Object.values(quotas).every((each) => each === undefined) ? undefined : quotas;
}

function flagOf(name: QuotaName): string {
  return name === "callsPerSecond" ? "calls-per-second" : name;
}

function takenOf(word: string): "base" | QuotaName {
  const quota = quotaNames.find((name) => flagOf(name) === word);
  if (quota !== undefined) return quota;
  if (word === "base") return word;
  const rule = `Flag --without must be one of ${takenNames.join(", ")}`;
  throw usageError(`${rule}, got ${JSON.stringify(word)}${didYouMean(word, takenNames)}`, {
    tryNext,
  });
}

function actionOf(word: string): (typeof actionNames)[number] {
  const known = actionNames.find((name) => name === word);
  if (known !== undefined) return known;
  const hint = didYouMean(word, actionNames);
  throw usageError(`Unknown action ${JSON.stringify(word)}${hint}`, { tryNext });
}

const flagsOf: { readonly [name in (typeof actionNames)[number]]: readonly string[] } = {
  create: ["base", "services", "keys", "bytes", "calls-per-second"],
  list: [],
  show: [],
  change: ["base", "services", "keys", "bytes", "calls-per-second", "without"],
  delete: ["force"],
};

/** A flag that does nothing hides a slip, and so does a word. */
function refuseWords(
  action: (typeof actionNames)[number],
  given: { readonly [name: string]: unknown },
): void {
  const { name } = given;
  if (action === "list" && name !== undefined) {
    throw usageError(`Unexpected word ${JSON.stringify(name)} after list`, { tryNext });
  }
  if (action !== "list" && name === undefined) throw usageError("Missing NAME", { tryNext });
  for (const flag of Object.keys(namespace.options)) {
    const value = given[flag];
    const isGiven = Array.isArray(value)
      ? value.length > 0
      : value !== undefined && value !== false;
    if (!isGiven || flagsOf[action].includes(flag)) continue;
    throw usageError(`Flag --${flag} means nothing to ${action}`, { tryNext });
  }
}

async function allOf({ signal }: CommandContext, namespaces: Namespaces): Promise<Namespace[]> {
  const all: Namespace[] = [];
  let cursor: string | undefined;
  do {
    // Each page says where the next begins.
    // oxlint-disable-next-line no-await-in-loop
    const page = await namespaces.list({ cursor, signal });
    all.push(...page.items);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return all;
}

async function missing(context: CommandContext, namespaces: Namespaces, name: string) {
  const names = (await allOf(context, namespaces)).map((each) => each.name);
  const text = `Cannot show the namespace "${name}": there is none${didYouMean(name, names)}`;
  return failure("not_found", text, { tryNext: "reef namespace list" });
}
