/** Starts that somebody waits for: the first one, another one, and those that an update needs. */
import type { Clock } from "../../../../core/clock.ts";
import type { ParsedSpec } from "../../contract.ts";
import { readyTimeoutDefaultMs, type WaitOptions } from "../../index.ts";
import { isSameSpec } from "./changed-spec.ts";
import { checkProgram } from "./check-program.ts";
import type { Fleet } from "./fleet.ts";
import type { HostedService } from "./hosted-service.ts";
import type { ProcessRuntimeOptions } from "./options.ts";
import { findProgram } from "./program.ts";
import * as refusals from "./refusals.ts";
import { keepTimeoutMs, replaceProcess } from "./replace-process.ts";
import type { NextStart } from "./start-outcome.ts";
import { waitForStart } from "./wait-for-start.ts";

export class Starts {
  readonly #fleet: Fleet;
  readonly #options: ProcessRuntimeOptions;

  constructor(fleet: Fleet, options: ProcessRuntimeOptions) {
    this.#fleet = fleet;
    this.#options = options;
  }

  /** A service that is desired is what is asked for, or becomes it. */
  async become(service: HostedService, given: ParsedSpec, options: WaitOptions): Promise<void> {
    await service.inTurn(async () => {
      const old = service.record.value.spec;
      // What somebody has run to stay does not go with a platform that names it, too.
      const lasts = old.lasts === "until-killed" ? old.lasts : given.lasts;
      const spec = { ...given, lasts };
      if (!isSameSpec(old, spec)) return await this.replace(service, spec, options);
      await settled(service, this.#fleet.clock, options);
      if (isServing(service)) return undefined;
      const start = await this.#fleet.startAnew(service);
      return await this.untilReady("run", service, start, options);
    });
  }

  /** Beside the present process where that serves; else there is nothing to be kept. To be called in its turn. */
  async replace(service: HostedService, spec: ParsedSpec, options: WaitOptions): Promise<void> {
    const { signal, readyTimeoutMs: timeoutMs = readyTimeoutDefaultMs } = options;
    const { environment = process.env } = this.#options;
    const { clock } = this.#fleet;
    const program = await findProgram(spec, this.#options);
    await checkProgram(program, { name: service.name, environment, signal });
    await settled(service, clock, options);
    if (this.#fleet.isClosing) throw refusals.runtimeClosing(`update "${service.name}"`);
    if (isServing(service)) {
      await replaceProcess(service, { program, spec, clock, timeoutMs, signal });
      return;
    }
    service.record.change({ spec });
    await service.record.kept(keepTimeoutMs);
    await this.untilReady("restart", service, await this.#fleet.startAnew(service), options);
  }

  /** @throws {ReefError} when it is not ready in time, or never */
  async untilReady(
    verb: "run" | "restart",
    service: HostedService,
    start: NextStart,
    options: WaitOptions,
  ): Promise<void> {
    const { signal, readyTimeoutMs: timeoutMs = readyTimeoutDefaultMs } = options;
    const { clock } = this.#fleet;
    const end = await waitForStart(start.outcome, { clock, timeoutMs, signal });
    if (end.kind === "ready") return;
    if (this.#fleet.isClosing) throw refusals.runtimeClosing(`${verb} "${service.name}"`);
    if (end.kind === "stopped") throw refusals.stoppedMeanwhile(verb, service);
    if (end.kind === "ended") throw refusals.startFailed(verb, service, end);
    throw refusals.startTooSlow(verb, service, timeoutMs);
  }
}

/** One that was just found, or started, is ready in a moment or not at all. */
async function settled(
  { present }: HostedService,
  clock: Clock,
  { signal, readyTimeoutMs: timeoutMs = readyTimeoutDefaultMs }: WaitOptions,
): Promise<void> {
  if (!present || present.isReady) return;
  const outcome = Promise.race([present.ready, present.over]).then(() => stopped);
  await waitForStart(outcome, { clock, timeoutMs, signal });
}

const stopped = { kind: "stopped" } as const;

function isServing({ present }: HostedService): boolean {
  return present !== undefined && present.isReady && !present.isOver;
}
