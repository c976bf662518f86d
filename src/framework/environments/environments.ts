/**
 * The environments that a person has named: `environments.json` in the folder of settings. `local` is always one of
 * them, this machine by its state folder, and stands in no file.
 */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { ReefError } from "../../core/errors.ts";
import { didYouMean } from "../../core/suggest.ts";
import { configFolder, writePrivate } from "./config-folder.ts";

/** This machine, by file permission. */
export const localEnvironment = "local";

export interface NamedEnvironment {
  readonly name: string;
  /** Of its proxy: `https://staging.example:8081`. */
  readonly url: string;
  /** In clear, although it is another machine. */
  readonly insecure?: boolean;
  /** Where commands act that name no namespace. */
  readonly namespace?: string;
  /** Authorities that vouch for it, in PEM. */
  readonly ca?: string;
}

export interface KnownEnvironments {
  /** The one of commands that name none. */
  readonly current: string;
  readonly named: readonly NamedEnvironment[];
}

export interface EnvironmentsOptions {
  readonly env: { readonly [name: string]: string | undefined };
  /** Holds others off who would change the same file, for as long as what it gives is not disposed. */
  readonly lock: (path: string) => Promise<Disposable>;
}

const fileBytesMax = 1_048_576;
/** More are a slip of a script. */
const environmentsMax = 1_000;
const nameRule = /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** Read anew each time: other commands change it. Nothing is kept in memory. */
export class Environments {
  readonly #options: EnvironmentsOptions;

  constructor(options: EnvironmentsOptions) {
    this.#options = options;
  }

  /** Where it is kept. @throws {ReefError} `failed_precondition` where this process has no home */
  get path(): string {
    const folder = configFolder(this.#options.env);
    if (folder !== undefined) return join(folder, "environments.json");
    const text =
      "Cannot keep environments: neither HOME nor XDG_CONFIG_HOME is set; set one of them";
    throw new ReefError("failed_precondition", text, { maybeExecuted: false });
  }

  /** @throws {ReefError} `data_loss` for a file that cannot be understood */
  read(): KnownEnvironments {
    return readEnvironments(this.#options.env);
  }

  /** @throws {ReefError} `already_exists`; `invalid_argument` for a name that is none */
  async add(environment: NamedEnvironment): Promise<void> {
    const { name } = environment;
    refuseLocal(name, "add");
    if (!nameRule.test(name)) {
      throw cannot("add", name, "a name is a to z, 0 to 9 and -", "choose another one");
    }
    await this.#change(({ named, current }) => {
      if (named.some((each) => each.name === name)) {
        const next = `"reef env delete ${name}" forgets it with its login`;
        throw cannot("add", name, "there is one of that name", next, "already_exists");
      }
      if (named.length >= environmentsMax) {
        throw cannot("add", name, `the limit is ${environmentsMax}`, "delete one");
      }
      return { current, named: [...named, environment] };
    });
  }

  /** Where commands act that name no namespace. */
  async setNamespace(name: string, namespace: string): Promise<void> {
    await this.#change(({ named, current }) => {
      const changed = named.map((each) => (each.name === name ? { ...each, namespace } : each));
      return { current, named: changed };
    });
  }

  /** @throws {ReefError} `not_found` */
  async setCurrent(name: string): Promise<void> {
    await this.#change((known) => {
      if (name !== localEnvironment) findEnvironment(known, name);
      return { ...known, current: name };
    });
  }

  /** What is deleted while it is the current one leaves `local`. @throws {ReefError} `not_found` */
  async delete(name: string): Promise<void> {
    refuseLocal(name, "delete");
    await this.#change((known) => {
      findEnvironment(known, name);
      const named = known.named.filter((each) => each.name !== name);
      return { current: known.current === name ? localEnvironment : known.current, named };
    });
  }

  async #change(change: (known: KnownEnvironments) => KnownEnvironments): Promise<void> {
    const { path } = this;
    using _ = await this.#options.lock(path);
    const { current, named } = change(this.read());
    const environments = Object.fromEntries(named.map(({ name, ...rest }) => [name, rest]));
    const text = JSON.stringify({ version: 1, current, environments }, undefined, 2);
    await writePrivate(path, `${text}\n`);
  }
}

/** @throws {ReefError} `not_found`, with a suggestion */
export function findEnvironment({ named }: KnownEnvironments, name: string): NamedEnvironment {
  const found = named.find((each) => each.name === name);
  if (found) return found;
  const hint = didYouMean(name, [localEnvironment, ...named.map((each) => each.name)]);
  const text = `Cannot find the environment ${JSON.stringify(name)}: none of that name was added${hint}; "reef env list" shows those that are there`;
  throw new ReefError("not_found", text, { maybeExecuted: false });
}

/** @throws {ReefError} `data_loss` for a file that cannot be understood */
export function readEnvironments(env: EnvironmentsOptions["env"]): KnownEnvironments {
  const folder = configFolder(env);
  const path = folder && join(folder, "environments.json");
  if (path === undefined || !statSync(path, { throwIfNoEntry: false })) {
    return { current: localEnvironment, named: [] };
  }
  if (statSync(path).size > fileBytesMax) throw damaged(path, `it is over ${fileBytesMax} bytes`);
  const text = readFileSync(path, "utf8");
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw damaged(path, "it is not JSON", cause);
  }
  return knownOf(parsed, path);
}

function knownOf(parsed: unknown, path: string): KnownEnvironments {
  if (!isRecord(parsed) || parsed["version"] !== 1)
    throw damaged(path, "it is of no known version");
  const { current, environments } = parsed;
  if (typeof current !== "string" || !isRecord(environments)) {
    throw damaged(path, "it lacks current or environments");
  }
  const named = Object.entries(environments).map(([name, value]) => {
    if (!nameRule.test(name) || !isEnvironment(value)) {
      throw damaged(path, `the environment ${JSON.stringify(name.slice(0, 80))} is not one`);
    }
    return { ...value, name };
  });
  if (current !== localEnvironment && !named.some(({ name }) => name === current)) {
    throw damaged(path, `the current environment ${JSON.stringify(current)} is not in it`);
  }
  return { current, named };
}

function isEnvironment(value: unknown): value is Omit<NamedEnvironment, "name"> {
  if (!isRecord(value) || typeof value["url"] !== "string") return false;
  const { namespace, ca, insecure } = value;
  const areTexts = [namespace, ca].every((each) => each === undefined || typeof each === "string");
  return areTexts && (insecure === undefined || typeof insecure === "boolean");
}

function isRecord(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function refuseLocal(name: string, verb: string): void {
  if (name !== localEnvironment) return;
  throw cannot(verb, name, "it is this machine and always there", "choose another name");
}

function cannot(
  verb: string,
  name: string,
  rule: string,
  next: string,
  code: "invalid_argument" | "already_exists" = "invalid_argument",
): ReefError {
  const text = `Cannot ${verb} the environment ${JSON.stringify(name)}: ${rule}; ${next}`;
  return new ReefError(code, text, { maybeExecuted: false });
}

function damaged(path: string, rule: string, cause?: unknown): ReefError {
  const text = `Cannot read ${path}: ${rule}; mend it, or delete it and add the environments again`;
  return new ReefError("data_loss", text, { cause, maybeExecuted: false });
}
