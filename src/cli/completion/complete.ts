/**
 * What can come next in a command line: commands and flags out of the commands' own data, the rest from the platform.
 */
import type { Timer } from "../../core/clock.ts";
import { globalOptions } from "../command.ts";
import type {
  CliEnvironment,
  Command,
  CommandContext,
  GlobalValues,
  OptionSpec,
  OptionSpecs,
  PositionalSpecs,
} from "../command.ts";
import { commands } from "../commands/index.ts";
import { openSession } from "../session.ts";
import { readFieldFlags } from "../field-flags.ts";
import type { FieldFlag } from "../field-flags.ts";
import type { Answer, Candidate, TypedLine } from "./answer.ts";
import { scanLine, takesValue } from "./scan-line.ts";
import type { ScannedLine } from "./scan-line.ts";
import { askContract, askSource } from "./sources.ts";

/** Longer than a platform takes that is well, shorter than a person would take for a terminal that hangs. */
const platformTimeMs = 500;

/** On a machine that is busy: as many times what it takes to load what asks. */
const loadsMax = 6;

/** Never fails: where nothing is known nothing is proposed. */
export async function complete(line: TypedLine, environment: CliEnvironment): Promise<Answer> {
  const limit = new AbortController();
  let timer: Timer | undefined;
  const signal = AbortSignal.any([environment.signal, limit.signal]);
  const globals = placeIn(line.words, environment);
  const openPlatform: CliEnvironment["openPlatform"] = async (options) => {
    // How long our own code takes to load says nothing of the platform, and much of the machine.
    const { clock } = environment;
    const beganMs = clock.monotonicMs();
    await import("../../framework/platform.ts");
    const loadMs = clock.monotonicMs() - beganMs;
    timer = clock.after(Math.max(platformTimeMs, loadsMax * loadMs), () => limit.abort());
    return await environment.openPlatform(options);
  };
  const bounded = { ...environment, signal, openPlatform };
  const session = openSession(bounded, globals, {
    command: "reef",
    quiet: true,
    anyNamespace: true,
  });
  try {
    return await completeCommand(line, session);
  } finally {
    timer?.cancel();
    // A platform that hangs would make the end wait as well; the process ends right behind this.
    if (!signal.aborted) await session[Symbol.asyncDispose]();
  }
}

/** Which platform is asked: by `--state` and `--namespace`, wherever they stand. */
function placeIn(words: readonly string[], { env: variables }: CliEnvironment): GlobalValues {
  const { given } = scanLine(words, globalOptions);
  const state = given.get("state")?.replace(/^~(?=\/)/, variables["HOME"] ?? "~");
  const namespace = given.get("namespace");
  const env = given.get("env");
  return { state, namespace, env, timeout: undefined, yes: false, json: false, help: false };
}

async function completeCommand(line: TypedLine, context: CommandContext): Promise<Answer> {
  const { words, current } = line;
  const head = scanLine(words, globalOptions, 1);
  const [word] = head.positionals;
  if (word === undefined) {
    return await completeWord(
      { context, scanned: head, current, options: globalOptions },
      async () => {
        return [...(await commandCandidates()), ...asList(await askSource(context, "services"))];
      },
    );
  }
  const rest = { words: words.slice(head.length), current };
  if (word === "help") return await commandCandidates();
  const load = commands[word];
  if (load) return await completeBuiltIn(rest, await load(), context);
  const service = { words: [word, ...rest.words], current };
  return await completeBuiltIn(service, dynamicCommand, context);
}

async function completeBuiltIn(
  { words, current }: TypedLine,
  command: { readonly positionals: Completed; readonly options: OptionSpecs },
  context: CommandContext,
): Promise<Answer> {
  const options = { ...globalOptions, ...command.options };
  const specs = Object.values(command.positionals);
  const untouchedAt = specs.findIndex(({ untouched }) => untouched);
  const most = untouchedAt < 0 ? Infinity : untouchedAt;
  const scanned = scanLine(words, options, most);
  const { positionals } = scanned;
  const [service = "", method = ""] = positionals;
  if (positionals.length === most) {
    const behind = { words: words.slice(scanned.length), current };
    return await completeFields(behind, { service, method, options, context });
  }
  return await completeWord({ context, scanned, current, options }, async () => {
    if (scanned.afterDashes) return "files";
    const spec = specs[positionals.length] ?? specs.find(({ list }) => list);
    const source = spec?.complete;
    if (source === undefined) return [];
    const wanted = typeof source === "function" ? source(positionals) : source;
    return wanted === undefined ? [] : await askSource(context, wanted, service);
  });
}

type Completed = { readonly [name: string]: Partial<PositionalSpecs[string]> };

/** `reef SERVICE METHOD --field=value`, which nobody declared. */
const dynamicCommand = {
  positionals: { service: {}, method: { complete: "methods" }, field: { untouched: true } },
  options: {},
} as const;

interface FieldPlace {
  readonly service: string;
  readonly method: string;
  readonly options: OptionSpecs;
  readonly context: CommandContext;
}

async function completeFields(
  { words, current }: TypedLine,
  { service, method: name, options: own, context }: FieldPlace,
): Promise<Answer> {
  const contract = await askContract(context, service);
  const methods = contract?.methods ?? {};
  const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
  if (!method) return [];
  const { options: fields, flags } = readFieldFlags(method.input);
  // Fields come first, in the list as in meaning.
  const options = { ...fields, ...own, ...fields };
  const scanned = scanLine(words, options);
  return await completeWord({ context, scanned, current, options, fields: flags }, async () => {
    // A field is a flag, also where nobody has typed its dashes yet.
    return flagCandidates(fields, scanned, flags);
  });
}

interface WordPlace {
  readonly context: CommandContext;
  readonly scanned: ScannedLine;
  readonly current: string;
  readonly options: OptionSpecs;
  readonly fields?: ReadonlyMap<string, FieldFlag>;
}

/** The value of a flag, or a flag, or else what `positional` proposes. */
async function completeWord(place: WordPlace, positional: () => Promise<Answer>): Promise<Answer> {
  const { context, scanned, current, options, fields } = place;
  const inline = /^--([^=]+)=/.exec(current);
  if (scanned.afterDashes) return await positional();
  const name = scanned.pending ?? inline?.[1];
  if (name !== undefined) {
    const spec = Object.hasOwn(options, name) ? options[name] : undefined;
    const values = spec ? await valueCandidates(context, spec, fields?.get(name)) : [];
    if (typeof values === "string" || scanned.pending !== undefined) return values;
    return values.map((each) => ({ ...each, value: `--${name}=${each.value}` }));
  }
  return current.startsWith("-") ? flagCandidates(options, scanned, fields) : await positional();
}

async function valueCandidates(
  context: CommandContext,
  spec: OptionSpec,
  field: FieldFlag | undefined,
): Promise<Answer> {
  if (field?.shape.kind === "enum") return field.shape.values.map((value) => ({ value }));
  if (field?.shape.kind === "boolean") return [{ value: "true" }, { value: "false" }];
  const source = spec.type === "text" ? spec.complete : undefined;
  return source === undefined ? [] : await askSource(context, source);
}

/** Flags that may still be given. The value of a field follows its flag behind `=`, as the help of methods shows it. */
function flagCandidates(
  options: OptionSpecs,
  { given }: ScannedLine,
  fields: ReadonlyMap<string, FieldFlag> = new Map(),
): Candidate[] {
  return Object.entries(options).flatMap(([name, spec]) => {
    const repeats = spec.type === "pairs" || (spec.type === "text" && spec.list === true);
    const isField = fields.has(name);
    const isList = isField ? fields.get(name)?.form !== "one" : repeats;
    if (given.has(name) && !(repeats && isList)) return [];
    const { description } = spec;
    const positive = { value: `--${name}${isField && takesValue(spec) ? "=" : ""}`, description };
    const isOpposed = isField && spec.type === "flag";
    return isOpposed ? [positive, { value: `--no-${name}`, description }] : [positive];
  });
}

async function commandCandidates(): Promise<Candidate[]> {
  const loaded = await Promise.all(Object.values(commands).map((load) => load()));
  return loaded.map(({ name, summary }: Command) => ({ value: name, description: summary }));
}

function asList(answer: Answer): readonly Candidate[] {
  return typeof answer === "string" ? [] : answer;
}
