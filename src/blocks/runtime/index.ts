/**
 * The runtime: which services are to run here, and the processes that they run in.
 *
 * What was run stays desired until it is killed: a process that ends is started again, later each time it fails. Names
 * belong to a namespace and are the runtime's own: one program may serve several contracts, whatever it is called here.
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
   * Absolute path of a program (`.ts`, `.mts`, `.js`, `.mjs`) or of a folder that holds one. In a folder it is the
   * `main` of its package.json when that file is there, else the first of `service`, `index`, `main` and the
   * folder's own name, each as `.ts`, then `.js`, then `.mjs`.
   */
  readonly source?: string | undefined;
  /**
   * A program of any language and its arguments, `["python3", "dispatcher.py"]`: looked for in `folder`, then on
   * `PATH`.
   */
  readonly command?: readonly string[] | undefined;
  /** Absolute path of the folder that a `command` is started in. */
  readonly folder?: string | undefined;
  /** What a `command` promises to answer over HTTP. @default nothing: it is only routed to */
  readonly contract?: ContractDescriptor | undefined;
  /** The port of a `command` for those outside; it never changes, whatever the process has. @default none */
  readonly port?: number | undefined;
  /**
   * When a `command` is ready: `port`, when it takes connections; `started`, at once; `/healthz`, when a GET of this
   * path is answered with a 2xx. @default "port"
   */
  readonly readiness?: string | undefined;
  /** @default the file's name without its ending; the folder's name for `service`, `index` and `main` */
  readonly name?: string | undefined;
  /** @default "default" */
  readonly namespace?: string | undefined;
  /** Arguments of the program. @default [] */
  readonly args?: readonly string[] | undefined;
  /** Variables that the program sees besides the few that every program needs. Never shown again. @default {} */
  readonly env?: { readonly [name: string]: string } | undefined;
}

/** A service by its name in this runtime. */
export interface ServiceName {
  readonly name: string;
  /** @default "default" */
  readonly namespace?: string | undefined;
}

/** A service that is desired, and how it fares. */
export interface ServiceStatus {
  readonly namespace: string;
  readonly name: string;
  /** The program that was found, an absolute path. */
  readonly source: string;
  readonly state: ServiceState;
  /** Of the present process; another after each start. It is `metadata.instance` of its nodes in the registry. */
  readonly instance?: string;
  readonly pid?: number;
  /** How often it was started again since it was run: after failures, and by `restart`. */
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
  readonly namespace: string;
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

/** What every method takes. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Which services to list. */
export interface ListScope {
  /** Only this namespace; absent: all of them. */
  readonly namespace?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Which lines to read. */
export interface LogScope {
  /** Only this service, also when it was killed since; absent: every service that is listed, lines in order of time. */
  readonly name?: string | undefined;
  /** @default "default" with a name, else all of them */
  readonly namespace?: string | undefined;
  /** How many of the last lines there are to begin with, at most `tailMax`. @default 15; without limit with `since` */
  readonly tail?: number | undefined;
  /** Only lines that were written at this time or later. */
  readonly since?: Date | undefined;
  /**
   * Go on with every new line until `signal` fires, through restarts, with services that are run later. @default false
   */
  readonly follow?: boolean | undefined;
  /** Ends the lines without an error. */
  readonly signal?: AbortSignal | undefined;
}

/** Services as processes: run, replaced, ended, listed, and what they write. Every driver keeps what is said here. */
export interface Runtime {
  /**
   * Runs a program under a name and waits until a node of it is ready. A service that was never ready is taken out
   * again, whether it crashed, took too long or `signal` fired: no crash loop is left behind.
   * @throws {ReefError} `not_found` (`no_program`) when the path, or a program in the folder, is not there;
   *   `invalid_argument` for a bad name, path or variable; `already_exists` (`already_running`);
   *   `failed_precondition` (`crashed`) with the last lines of output; `deadline_exceeded` (`not_ready`) with the same;
   *   `resource_exhausted` beyond `servicesMax`; `unavailable` when the runtime is closing
   */
  run(spec: RunSpec, options?: WaitOptions): Promise<ServiceStatus>;

  /**
   * Replaces the process of a service and waits until the new one is ready; callers wait meanwhile. Where the program
   * is no longer there, nothing is stopped. Where the new process fails, the service stays desired and is retried.
   * @throws {ReefError} `not_found` (`not_running`, or `no_program`); `failed_precondition` (`crashed`);
   *   `deadline_exceeded` (`not_ready`); `unavailable` when the runtime is closing
   */
  restart(service: ServiceName, options?: WaitOptions): Promise<ServiceStatus>;

  /**
   * Stops a service and forgets it; settles when its process has ended. Its log stays. `signal` ends the waiting only.
   * @throws {ReefError} `not_found` (`not_running`); `deadline_exceeded` when its process did not
   *   end even then; it is listed as `stopping` until it does
   */
  kill(service: ServiceName, options?: CallOptions): Promise<void>;

  /** Every service that is desired, sorted by namespace, then name. */
  list(scope?: ListScope): Promise<readonly ServiceStatus[]>;

  /**
   * Lines of output, oldest first; both streams of a process in the order in which it wrote them. A line beyond
   * `lineBytesMax` comes in pieces. A reader that is slower than a service writes misses what was rotated away.
   * @throws {ReefError} `not_found` (`not_running`) for a name that never ran here; `invalid_argument` for a bad `tail`
   */
  logs(scope?: LogScope): AsyncIterable<LogLine>;
}

/** Services in one runtime; beyond it somebody is running programs in a loop. */
export const servicesMax = 1_000;

/** The default of `WaitOptions.readyTimeoutMs`: a cold start of a large TypeScript program on a busy laptop, twice. */
export const readyTimeoutDefaultMs = 20_000;

/** A service that needs longer to start should be ready earlier and warm up later. */
export const readyTimeoutMsMax = 600_000;

/** Arguments of one program. */
export const argsMax = 1_000;

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

/** The namespace of whoever names none. */
export const namespaceDefault = "default";
