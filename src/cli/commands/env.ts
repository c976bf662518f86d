import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { didYouMean } from "../../core/suggest.ts";
import { ReefError } from "../../core/errors.ts";
import { parseEnvironmentUrl } from "../../framework/environments/environment-url.ts";
import {
  Environments,
  localEnvironment,
  type NamedEnvironment,
} from "../../framework/environments/environments.ts";
import { Logins } from "../../framework/environments/logins.ts";
import { chooseEnvironment, shownEnvironment } from "../chosen-environment.ts";
import { command, type CommandContext } from "../command.ts";
import { lockConfig } from "../config-lock.ts";
import { failure, usageError } from "../failure.ts";
import { endLogin } from "../logout.ts";
import { note, printJson, printTable } from "../print.ts";
import { painter } from "../terminal.ts";

const actionNames = ["add", "set", "list", "show", "delete"] as const;
const tryNext = "reef env --help";

export const env = command({
  name: "env",
  summary: "Name other platforms, and choose the one to work with",
  about: `ACTION is one of

  add NAME URL   gives a platform a name: URL is that of its proxy, https://staging.example:8081
  set NAME       what commands are about from now on, in every terminal of yours
  list           all of them, the current one marked
  show           the name of the one that a command would be about now; without an ACTION it is this
  delete NAME    forgets it, and ends its login

"local" is always there: the platform of this machine, to which whoever may read its state folder belongs. For one
command --env NAME chooses, for one terminal REEF_ENV, and --state is always this machine. Whatever is not this
machine goes through TLS; --insecure does without, and every command then says so. An authority of your own is named
by --ca. Log in with \`reef login\`.`,
  examples: [
    ["reef env add staging https://staging.example:8081", "names it"],
    ["reef env add lab https://10.0.0.7:8081 --ca ca.pem", "one with an authority of its own"],
    ["reef login ann --env staging", "asks for the secret of ann there"],
    ["reef services --env staging", "what runs there"],
    ["reef env set staging", "from now on every command is about it"],
    ["reef env set local", "and about this machine again"],
  ],
  positionals: {
    action: { description: "What to do", optional: true, complete: actionNames },
    name: {
      description: "The environment",
      optional: true,
      complete: ([action]) => (action === "add" ? undefined : "environments"),
    },
    url: { description: "Where its proxy answers", optional: true },
  },
  options: {
    ca: {
      type: "text",
      placeholder: "FILE",
      description: "add: certificates (PEM) of who vouches for it",
      complete: "files",
    },
    insecure: { type: "flag", description: "add: in clear, although it is another machine" },
  },
  async run(context, given) {
    const { action = "show", name, url, ca, insecure } = given;
    const words = [name, url].filter((word) => word !== undefined);
    const wanted = actions[actionOf(action)];
    if (words.length !== wanted.words) throw wrongWords(action, words, wanted.words);
    if (action !== "add" && (ca !== undefined || insecure)) {
      throw usageError("Flags --ca and --insecure belong to add", { tryNext });
    }
    const { signal } = context;
    const lock = (path: string) => lockConfig(path, signal);
    const environments = new Environments({ env: context.env, lock });
    await wanted.run(context, environments, { name: name ?? "", url: url ?? "", ca, insecure });
    return 0;
  },
});

interface Words {
  readonly name: string;
  readonly url: string;
  readonly ca: string | undefined;
  readonly insecure: boolean;
}

interface Action {
  readonly words: number;
  run(context: CommandContext, environments: Environments, words: Words): Promise<void>;
}

const actions: { readonly [name in (typeof actionNames)[number]]: Action } = {
  add: { words: 2, run: add },
  set: { words: 1, run: set },
  list: { words: 0, run: list },
  show: { words: 0, run: show },
  delete: { words: 1, run: forget },
};

function actionOf(word: string): keyof typeof actions {
  // It was looked up among their names.
  if (Object.hasOwn(actions, word)) return word as keyof typeof actions;
  throw usageError(`Unknown action ${JSON.stringify(word)}${didYouMean(word, actionNames)}`, {
    tryNext,
  });
}

function wrongWords(action: string, words: readonly string[], wanted: number) {
  const missing = ["NAME", "URL"].slice(words.length, wanted)[0];
  if (missing !== undefined) return usageError(`Missing ${missing}`, { tryNext });
  const extra = JSON.stringify(words[wanted]);
  return usageError(`Unexpected word ${extra} after ${action}`, { tryNext });
}

async function add(
  context: CommandContext,
  environments: Environments,
  { name, url: given, ca: file, insecure }: Words,
): Promise<void> {
  const { url, secure } = parseEnvironmentUrl(given, { insecure });
  if (insecure && secure) throw usageError(`Flag --insecure contradicts ${url}`, { tryNext });
  const ca = file === undefined ? undefined : await certificatesIn(context, file);
  if (ca !== undefined && !secure)
    throw usageError(`Flag --ca is of no use to ${url}`, { tryNext });
  const { namespace } = context.globals;
  const environment: NamedEnvironment = {
    name,
    url,
    ...(insecure && { insecure }),
    ...(namespace !== undefined && { namespace }),
    ...(ca !== undefined && { ca }),
  };
  await environments.add(environment);
  if (context.globals.json) return printJson(context, shownObject(environment));
  await context.stdout.write(`${shownEnvironment(environment)} is added\n`);
  await note(context, `try: ${painter(context.stderr, "name")(`reef login --env ${name}`)}`);
}

async function certificatesIn({ folder }: CommandContext, file: string): Promise<string> {
  const text = await readFile(resolve(folder, file), "utf8").catch((cause: unknown) => {
    const isMissing = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
    const rule = isMissing ? "there is no such file" : ReefError.from(cause).message;
    const next =
      "--ca names the certificate of its authority, which is tls/ca.pem in its state folder";
    throw failure("invalid_argument", `Cannot read ${file}: ${rule}; ${next}`, { cause });
  });
  if (text.includes("-----BEGIN CERTIFICATE-----")) return text;
  throw failure("invalid_argument", `Cannot use ${file}: it has no certificate in PEM`);
}

async function set(
  context: CommandContext,
  environments: Environments,
  { name }: Words,
): Promise<void> {
  await environments.setCurrent(name);
  if (context.globals.json) return printJson(context, { current: name });
  const chosen = environments.read().named.find((each) => each.name === name);
  const shown = chosen ? shownEnvironment(chosen) : "local (this machine)";
  await context.stdout.write(`Commands are about ${shown} from now on\n`);
  const overruled = context.env["REEF_ENV"];
  if (overruled) await note(context, `In this terminal REEF_ENV=${overruled} still counts more`);
}

async function list(context: CommandContext, environments: Environments): Promise<void> {
  const { named, current } = environments.read();
  const logins = new Logins(context.env);
  const accounts = await Promise.all(
    named.map(async (each) => (await logins.read(each).catch(unreadable))?.account),
  );
  if (context.globals.json) {
    // What is not there is left out: words for people are no values.
    const all = named.map((each, index) => ({ ...shownObject(each), account: accounts[index] }));
    return printJson(context, { current, environments: [{ name: localEnvironment }, ...all] });
  }
  const all = [
    { name: localEnvironment, url: "this machine", account: "by file permission" },
    ...named.map((each, index) => ({ ...each, account: accounts[index] ?? "-" })),
  ];
  const rows = all.map(({ name, url, account }) => [
    name === current ? "*" : "",
    { text: name, paint: painter(context.stdout, "name") },
    url,
    account,
  ]);
  await printTable(context, ["", "NAME", "URL", "LOGIN"], rows);
}

/** Whoever uses it is told what is wrong with it. */
function unreadable(error: unknown): undefined {
  if (error instanceof ReefError) return undefined;
  throw error;
}

async function show(context: CommandContext): Promise<void> {
  const chosen = chooseEnvironment(context.env, context.globals);
  if (context.globals.json) {
    return printJson(context, chosen ? shownObject(chosen) : { name: localEnvironment });
  }
  await context.stdout.write(`${chosen?.name ?? localEnvironment}\n`);
}

async function forget(
  context: CommandContext,
  environments: Environments,
  { name }: Words,
): Promise<void> {
  const environment = environments.read().named.find((each) => each.name === name);
  const ended = environment && (await endLogin(context, environment));
  await environments.delete(name);
  if (context.globals.json) return printJson(context, { name, deleted: true });
  await context.stdout.write(`${name} is forgotten${ended ? `, and its login: ${ended}` : ""}\n`);
}

/** Without the certificates, which nobody reads. */
function shownObject({ ca, ...rest }: NamedEnvironment) {
  return { ...rest, ...(ca !== undefined && { ca: true }) };
}
