/**
 * What a command is: data from which parsing, help and suggestions are derived, and a `run` that touches nothing but
 * its context. So every command can run in a test, beside others, with a captured terminal.
 */
import type { CredentialSource } from "../core/identity.ts";
import type { Clock } from "../core/clock.ts";
import type { ChosenEnvironment } from "./chosen-environment.ts";
import type { NamedEnvironment } from "../framework/environments/environments.ts";
import type { ExitCode } from "./failure.ts";
import type { Platform } from "../framework/platform.ts";
import type { Terminal } from "./terminal.ts";

/** One flag. Its `type` says how it is written and what `run` is given. */
export type OptionSpec = FlagOption | TextOption | IntegerOption | DurationOption | PairsOption;

interface OptionBase {
  /** A phrase for the help, without a full stop. */
  readonly description: string;
  /** One letter. */
  readonly short?: string;
}

/** `--follow`, `--no-follow`. */
export interface FlagOption extends OptionBase {
  readonly type: "flag";
}

/** `--name NAME`; with `list` it may be repeated. */
export interface TextOption extends OptionBase {
  readonly type: "text";
  /** What stands for the value in help: `DIR`. */
  readonly placeholder: string;
  readonly list?: true;
  readonly default?: string;
  readonly complete?: CompletionSource;
}

/** `--port 8080`. */
export interface IntegerOption extends OptionBase {
  readonly type: "integer";
  readonly placeholder: string;
  readonly minimum: number;
  readonly maximum: number;
  readonly default?: number;
}

/** `--since 5m`; `run` is given milliseconds. */
export interface DurationOption extends OptionBase {
  readonly type: "duration";
  readonly placeholder: string;
  /** In milliseconds. */
  readonly default?: number;
  /** @default 0 */
  readonly minimum?: number;
  /** For what no timer waits. @default as long as one can wait */
  readonly maximum?: number;
}

/** `--env KEY=VALUE`, repeated; `run` is given a record. */
export interface PairsOption extends OptionBase {
  readonly type: "pairs";
  readonly placeholder: string;
  /** A key alone will do, and has no value in the record. */
  readonly bare?: true;
}

export type OptionSpecs = { readonly [name: string]: OptionSpec };

/** What a shell proposes for a word: names that the platform knows, paths, or these words. */
export type CompletionSource =
  | "services"
  | "methods"
  | "running"
  | "tables"
  | "namespaces"
  | "environments"
  | "files"
  | "folders"
  | readonly string[];

/** A word by its place. `list` takes what is left; `afterDashes` takes what follows `--`, untouched. */
export interface PositionalSpec {
  readonly description: string;
  readonly optional?: true;
  readonly list?: true;
  readonly afterDashes?: true;
  /** Takes whatever follows the word before it, flags as well, untouched: they are another grammar's. */
  readonly untouched?: true;
  /** It may hang on the words before. */
  readonly complete?:
    | CompletionSource
    | ((before: readonly string[]) => CompletionSource | undefined);
}

/** In the order in which they are typed. */
export type PositionalSpecs = { readonly [name: string]: PositionalSpec };

type OptionValue<O> = O extends { type: "flag" }
  ? boolean
  : O extends { type: "pairs"; bare: true }
    ? { readonly [key: string]: string | undefined }
    : O extends { type: "pairs" }
      ? { readonly [key: string]: string }
      : O extends { list: true }
        ? readonly string[]
        :
            | (O extends { type: "text" } ? string : number)
            | (O extends { default: unknown } ? never : undefined);

type PositionalValue<P> = P extends { list: true } | { afterDashes: true } | { untouched: true }
  ? readonly string[]
  : string | (P extends { optional: true } ? undefined : never);

/** What was typed, by the names of the command's positionals and options. */
export type Given<P, O> = {
  readonly [K in keyof P]: PositionalValue<P[K]>;
} & { readonly [K in keyof O]: OptionValue<O[K]> };

/** An example in the help: what to type, and what that does. */
export type Example = readonly [command: string, does: string];

export interface CommandSpec<P extends PositionalSpecs, O extends OptionSpecs> {
  readonly name: string;
  /** One line, without a full stop. */
  readonly summary: string;
  /** Paragraphs that teach; shown by `--help` below the usage. */
  readonly about: string;
  readonly examples: readonly Example[];
  readonly positionals: P;
  readonly options: O;
  /** It has a better use for `--timeout` than to be cut off: it tells the far side. @default false */
  readonly timesItself?: boolean;
  /** It looks after namespaces, so the one that it is in need not be there. @default false */
  readonly anyNamespace?: boolean;
  /** It is about this machine, and refuses to be about another environment. @default false */
  readonly here?: boolean;
  run(context: CommandContext, given: Given<P, O>): Promise<ExitCode>;
}

/** A command whose own types are forgotten: what the tree, the parser and the help work with. */
export type Command = CommandSpec<PositionalSpecs, OptionSpecs>;

/** A command as a value; infers what `run` is given from the positionals and options. */
export function command<const P extends PositionalSpecs, const O extends OptionSpecs>(
  spec: CommandSpec<P, O>,
): Command {
  // The parser hands each `run` what its own specs say, so forgetting the types loses nothing.
  return spec as unknown as Command;
}

/** Options of every command; they may also stand before the command. */
export const globalOptions = {
  state: {
    type: "text",
    placeholder: "DIR",
    description: "Folder of the platform to talk to, when there are several on this machine",
    complete: "folders",
  },
  namespace: {
    type: "text",
    placeholder: "NAME",
    description: "Namespace to work in",
    complete: "namespaces",
  },
  env: {
    type: "text",
    placeholder: "NAME",
    description: "Environment to work in, as `reef env list` names it",
    complete: "environments",
  },
  timeout: {
    type: "duration",
    placeholder: "TIME",
    description: "Give up after this time, such as 500ms, 2s or 5m",
  },
  yes: {
    type: "flag",
    description: "Do not ask before something is destroyed in another environment",
  },
  json: { type: "flag", description: "Print JSON: one object, or one a line for streams" },
  help: { type: "flag", short: "h", description: "Explain the command" },
} as const satisfies OptionSpecs;

export type GlobalValues = Given<Record<never, never>, typeof globalOptions>;

/** What the process around a command is to it. */
export interface CliEnvironment {
  /** Finds and connects to the platform; lives as long as it is not disposed. */
  openPlatform(options: {
    state?: string;
    namespace?: string;
    signal?: AbortSignal;
    /** Another one than that of this machine. */
    environment?: NamedEnvironment;
    /** As nobody, whoever is logged in. */
    anonymous?: boolean;
    /** @default whoever may do what is typed here */
    credentials?: CredentialSource;
  }): Promise<Platform>;
  /** Data. */
  readonly stdout: Terminal;
  /** Everything else: progress, hints, errors. */
  readonly stderr: Terminal;
  readonly stdin: AsyncIterable<Uint8Array> & {
    readonly isTty: boolean;
    /** Whether a terminal shows what is typed; absent where it cannot be told to. */
    readonly showKeys?: (shown: boolean) => void;
  };
  /** `26.1.0`. */
  readonly nodeVersion: string;
  readonly env: { readonly [name: string]: string | undefined };
  /** Relative paths start here. */
  readonly folder: string;
  /** Fires on Ctrl-C and when the reader of stdout is gone. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** Runs `action` when the process ends, however it does; it cannot wait for anything. */
  atExit(action: () => void): void;
}

export interface CommandContext extends CliEnvironment {
  readonly globals: GlobalValues;
  /** Where names are looked up: `--namespace`, else `REEF_NAMESPACE`, else the environment's, else `default`. */
  readonly namespace: string;
  /** Undefined for this machine. @throws {ReefError} `not_found` for a name that nobody has added */
  environment(): ChosenEnvironment;
  /** The platform of the environment; connected when first asked for, closed after the command. */
  platform(options?: { readonly anonymous?: boolean }): Promise<Platform>;
}
