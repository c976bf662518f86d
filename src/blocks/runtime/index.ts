/**
 * The runtime: which services are to run here, and the processes that they run in.
 *
 * What was run stays desired until it is killed: a process that ends is started again, later each time it fails, and
 * whoever opens the runtime again finds what still runs and starts the rest. Names belong to a namespace and are the
 * runtime's own: one program may serve several contracts, whatever it is called here.
 */
import type { ContractDescriptor } from "../../contract/descriptor.ts";

/**
 * `starting`: its process is there or about to be, and no node of it is ready. `backing-off`: it failed, and is started
 * again after a wait. `failed`: it is not started again by itself. `stopped`: it was told to end and did.
 */
export type ServiceState = "starting" | "ready" | "backing-off" | "stopping" | "stopped" | "failed";

/** What to run: a program for Node (`source`), or any other (`command` and what belongs to it). */
export interface RunSpec {
  /**
   * Absolute path of a program (`.ts`, `.mts`, `.js`, `.mjs`) or of a folder with one: the `main` of its package.json
   * if that is there, else the first of `service`, `index`, `main`, the folder's name, each as `.ts`, `.js`, `.mjs`.
   */
  readonly source?: string | undefined;
  /** Any program and its arguments, `["python3", "dispatcher.py"]`: looked for in `folder`, then on `PATH`. */
  readonly command?: readonly string[] | undefined;
  /** Absolute path of the folder that a `command` is started in. */
  readonly folder?: string | undefined;
  /** What a `command` promises to answer over HTTP. @default nothing: it is only routed to */
  readonly contract?: ContractDescriptor | undefined;
  /** The port of a `command` for those outside; it never changes, whatever the process has. @default none */
  readonly port?: number | undefined;
  /**
   * When it is ready: it takes connections (`port`), at once (`started`), a GET of a path has a 2xx. @default "port"
   */
  readonly readiness?: string | undefined;
  /** @default the file's name without its ending; the folder's name for `service`, `index` and `main` */
  readonly name?: string | undefined;
  /** Arguments of the program. @default [] */
  readonly args?: readonly string[] | undefined;
  /** Variables that the program sees besides the few that every program needs. Never shown again. @default {} */
  readonly env?: { readonly [name: string]: string } | undefined;
  /**
   * `until-killed`: it comes back when the runtime was closed and is opened again. `until-closed`: it does not; only
   * when the runtime ends out of order, it is found again and goes on. @default "until-killed"
   */
  readonly lasts?: "until-killed" | "until-closed" | undefined;
}

/** A service that is desired, and how it fares. */
export interface ServiceStatus {
  readonly name: string;
  /** The program that was found, an absolute path; of a command what was asked for. */
  readonly source: string;
  readonly state: ServiceState;
  /** Of the present process; another after each start. It is `metadata.instance` of its nodes in the registry. */
  readonly instance?: string;
  readonly pid?: number;
  /** Starts after the first one: those by `restart`, `update` and a new runtime as well as those after crashes. */
  readonly restarts: number;
  /** When the present process, or the last one, was started. */
  readonly startedAt?: Date;
  /** How the last failure ended: exit code or signal, and the last lines of output. */
  readonly lastError?: string;
  /** The file that its output goes to. */
  readonly log: string;
}

/** One line of output of a service, as it was written. */
export interface LogLine {
  readonly name: string;
  readonly text: string;
  /** When it was seen in the file: lines that were written within a few hundredths of a second share it. */
  readonly at: Date;
}

/** How long to wait for a start. */
export interface WaitOptions {
  /** How long to wait for a ready node before the start is called off. @default 20_000 */
  readonly readyTimeoutMs?: number | undefined;
  /** Stops the waiting, with the same end as a start that took too long. */
  readonly signal?: AbortSignal | undefined;
}

/** How to run, and how long to wait. */
export interface RunOptions extends WaitOptions {
  /**
   * Where a service has the name: `already_exists` (`refuse`), or it becomes this one (`replace`): nothing to do when
   * it is the same and runs, an update when it is another. @default "refuse"
   */
  readonly existing?: "refuse" | "replace" | undefined;
}

/** What becomes of a service by an update; what is not given stays, also each variable. */
export type ServiceChanges = Omit<RunSpec, "name" | "lasts">;

/** Which services to list. */
export interface ListOptions extends Pick<WaitOptions, "signal"> {
  /** Most services of the page, at most `listLimitMax`. @default 100 */
  readonly limit?: number | undefined;
  /** Where the page begins: the `cursor` of the page before. @default the start */
  readonly cursor?: string | undefined;
}

/** Without a `cursor` it is the last one. */
export interface Page {
  readonly items: readonly ServiceStatus[];
  readonly cursor?: string;
}

/** Which lines to read. */
export interface LogScope {
  /** Only this service, also when it was killed since; absent: every service that is listed, lines in order of time. */
  readonly name?: string | undefined;
  /** How many of the last lines there are to begin with, at most `tailMax`. @default 15; without limit with `since` */
  readonly tail?: number | undefined;
  /** Only lines that were written at this time or later. */
  readonly since?: Date | undefined;
  /** Go on with each new line until `signal` fires, through restarts, also of what is run later. @default false */
  readonly follow?: boolean | undefined;
  /** Ends the lines without an error. */
  readonly signal?: AbortSignal | undefined;
}

/** The block: the services of each namespace, whose name is checked by their methods. */
export interface Runtime {
  services(namespace: string): Services;
}

/**
 * The services of one namespace as processes: run, replaced, ended, listed, and what they write. What is acknowledged
 * by `run`, `update` and `kill` outlives the runtime. All of these fail with `unavailable` when the runtime is closing,
 * or cannot write down what is asked of it; then it is not known whether it will be done.
 */
export interface Services {
  /**
   * Runs a program under a name and waits until a node of it is ready. A service that was never ready is taken out
   * again, whether it crashed, took too long or `signal` fired: no crash loop is left behind.
   * @throws {ReefError} `not_found` (`no_program`) when the path, or a program in the folder, is not there;
   *   `invalid_argument` for a bad name, path or variable; `already_exists` (`already_running`); `failed_precondition`
   *   (`crashed`) or `deadline_exceeded` (`not_ready`) with the last output; `resource_exhausted` beyond `servicesMax`
   */
  run(spec: RunSpec, options?: RunOptions): Promise<ServiceStatus>;

  /**
   * Builds or checks the program, starts the new process beside the present one, and when that is ready lets the old
   * one finish its calls and end: no call fails, the address stays. Where the build, the check or the start fails, the
   * old one goes on untouched. A JavaScript program of a package with a `build` script is built, any other one for Node
   * is checked for its syntax; a command is only started. Settles when the old process has ended.
   * @throws {ReefError} `not_found` (`not_running`, or `no_program`); `failed_precondition` (`not_built` with the
   *   output of the build or the check; `crashed`); `deadline_exceeded` (`not_ready`); `invalid_argument` as `run`
   */
  update(name: string, changes?: ServiceChanges, options?: WaitOptions): Promise<ServiceStatus>;

  /**
   * Stops the process of a service, starts another and waits until that is ready; callers wait meanwhile. It is for
   * programs that cannot run twice. Where the program is gone, nothing is stopped; where the new process fails, the
   * service stays desired and is retried.
   * @throws {ReefError} as `update`, but for `not_built`
   */
  restart(name: string, options?: WaitOptions): Promise<ServiceStatus>;

  /**
   * Stops a service and forgets it; settles when its process has ended. Its log stays. `signal` ends the waiting only.
   * @throws {ReefError} `not_found` (`not_running`); `deadline_exceeded` when it did not end: it is listed until it
   *   does
   */
  kill(name: string, options?: Pick<WaitOptions, "signal">): Promise<void>;

  /** One page of what is desired, sorted by name. @throws {ReefError} `invalid_argument` for a bad limit */
  list(options?: ListOptions): Promise<Page>;

  /**
   * Lines of output, oldest first; both streams of a process in the order in which it wrote them. A line beyond
   * `lineBytesMax` comes in pieces. A reader that is slower than a service writes misses what was rotated away.
   * @throws {ReefError} `not_found` (`not_running`) for a name that never ran here; `invalid_argument` for a bad `tail`
   */
  logs(scope?: LogScope): AsyncIterable<LogLine>;
}

/** Services in one page, and how many they are where nobody says otherwise. */
export const [listLimitMax, listLimitDefault] = [1_000, 100];
/** Services in one runtime; beyond it somebody is running programs in a loop. */
export const servicesMax = 1_000;
/** The default of `WaitOptions.readyTimeoutMs`: a cold start of a large TypeScript program on a busy laptop, twice. */
export const readyTimeoutDefaultMs = 20_000;
/** A service that needs longer to start should be ready earlier and warm up later. */
export const readyTimeoutMsMax = 600_000;
/** Arguments of one program. */
export const argsMax = 1_000;
/** Bytes of all that is said of a service: the kernel refuses a start with about 2 MB, and it is kept as one value. */
export const specBytesMax = 512 * 1024;
/** Characters of a path: the kernel's own limit on Linux. */
export const pathLengthMax = 4_096;
/** The default of `LogScope.tail`: a crash with its stack fits, and so does a small terminal. */
export const tailDefault = 15;
/** Most lines that `tail` may ask for: their places are held in memory while they are sorted. */
export const tailMax = 10_000;
/** A longer line is program output that is no line; pieces of it fit into a frame. */
export const lineBytesMax = 64 * 1024;
/** In the metadata of a node: the port of its program for those outside, which `RunSpec.port` gave it. */
export const publicPortKey = "public-port";
