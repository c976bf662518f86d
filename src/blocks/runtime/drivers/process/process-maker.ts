/** Makes the processes of all services: what each of them is given of the world around this runtime. */
import assert from "node:assert";
import type { Clock } from "../../../../core/clock.ts";
import type { ProcessIdentity } from "../../../../supervisor/process-identity.ts";
import type { ParsedSpec } from "../../contract.ts";
import { environmentOf } from "./environment.ts";
import type { InstanceNodes } from "./instance-nodes.ts";
import type { ProcessRuntimeOptions } from "./options.ts";
import type { Program } from "./program.ts";
import type { QualifiedName } from "./qualified-name.ts";
import { type Launch, ServiceProcess, type ServiceProcessOptions } from "./service-process.ts";
import type { ProcessRecord } from "./service-record.ts";

/** One process that is to be there. */
export interface ProcessPlan {
  readonly namespace: string;
  readonly name: string;
  readonly logPath: string;
  readonly record: ProcessRecord;
  readonly outputFrom: number;
  /** Of one that is started: the file that proves who it is. */
  readonly identity?: string | undefined;
  readonly spec: ParsedSpec;
  /** Of a process that runs already it may be gone. */
  readonly program: Program | undefined;
  readonly found?: ProcessIdentity;
}

/** Time to end calls and close files; a person who presses Ctrl-C waits for it. */
export const stopGraceDefaultMs = 3_000;

export class ProcessMaker {
  readonly #options: ProcessRuntimeOptions;
  readonly #nodes: InstanceNodes;
  readonly #clock: Clock;
  readonly #letGo = new AbortController();

  constructor(options: ProcessRuntimeOptions, nodes: InstanceNodes, clock: Clock) {
    this.#options = options;
    this.#nodes = nodes;
    this.#clock = clock;
  }

  open(plan: ProcessPlan & Pick<ServiceProcessOptions, "onSpawn" | "onNode">): ServiceProcess {
    const { found, program, record, outputFrom, namespace, name, onSpawn, onNode } = plan;
    const { groups, stopGraceMs = stopGraceDefaultMs } = this.#options;
    return new ServiceProcess({
      namespace,
      name,
      record,
      outputFrom,
      process: found ? { found } : { launch: this.#launch(plan) },
      attend: program?.attend?.bind(program),
      nodes: this.#nodes,
      groups,
      clock: this.#clock,
      stopGraceMs,
      letGo: this.#letGo.signal,
      onSpawn,
      onNode,
    });
  }

  /** The file that proves who a service is, if it has one. @throws {ReefError} when it should have one and cannot */
  async identity({ namespace, name }: QualifiedName): Promise<string | undefined> {
    return await this.#options.identities?.begin({ namespace, name });
  }

  /** The same for a process that was found. */
  resumeIdentity({ namespace, name }: QualifiedName): void {
    this.#options.identities?.resume({ namespace, name });
  }

  /** The service is over; one that goes on without us is not. */
  async endIdentity({ namespace, name }: QualifiedName): Promise<void> {
    if (!this.#letGo.signal.aborted) await this.#options.identities?.end({ namespace, name });
  }

  /** Processes that were found go on without us. */
  letGo(): void {
    this.#letGo.abort();
  }

  #launch({ program, spec, record, logPath, namespace, name, identity }: ProcessPlan): Launch {
    const { environment, platform, socketsFolder, cacheFolder } = this.#options;
    assert(program, "what is started was found");
    return {
      command: program.command,
      args: [...program.args, ...spec.args],
      cwd: program.folder,
      env: environmentOf({
        outer: environment ?? process.env,
        given: { ...spec.env, ...record.variables },
        platform,
        instance: record.instance,
        namespace,
        name,
        socketsFolder,
        identity,
        cacheFolder,
      }),
      // Both append to one file, so that lines stand in the order in which the process writes them.
      stdout: logPath,
      stderr: logPath,
    };
  }
}
