/** The heart of an update: another process beside the present one, which takes its place or leaves no trace. */
import type { Clock } from "../../../../core/clock.ts";
import type { ParsedSpec } from "../../contract.ts";
import { dropSockets, holdSockets, restoreSockets, socketPaths } from "./held-sockets.ts";
import type { HostedService } from "./hosted-service.ts";
import type { StartOutcome } from "./start-outcome.ts";
import type { Program } from "./program.ts";
import * as refusals from "./refusals.ts";
import type { ServiceProcess } from "./service-process.ts";
import { waitForStart } from "./wait-for-start.ts";

export interface ReplaceOptions {
  readonly program: Program;
  readonly spec: ParsedSpec;
  readonly clock: Clock;
  /** Until the new process is ready. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/** For the calls of the old process: a second more than those of a served program have, which then ends by itself. */
const lastCallsMs = 10_000;

/** What an update writes down must be there before something irrevocable is done. */
export const keepTimeoutMs = 5_000;

/**
 * Settles when the old process has ended. To be called in the turn of the service, whose present process is ready.
 * @throws {ReefError} `crashed`, `not_ready`, `unavailable`, or the reason of the signal: then the old process goes on
 */
export async function replaceProcess(
  service: HostedService,
  { program, spec, ...wait }: ReplaceOptions,
): Promise<void> {
  const { record, present: old } = service;
  const held = socketPaths(old?.addresses ?? []);
  const { others } = record.value;
  if (old) record.change({ held: { instance: old.record.instance, paths: [...held] } });
  await service.replacing(async () => {
    let next: ServiceProcess | undefined;
    try {
      next = await service.processes.launch(program, spec, async (made) => {
        await holdSockets(held);
        record.change({ others: [...others, made] });
        await record.kept(keepTimeoutMs);
      });
      await untilAccepted(service, next, wait);
      service.takeOver(next, program, spec);
    } catch (thrown) {
      next?.stop();
      await next?.over;
      await restoreSockets(held);
      record.change({ others, held: undefined });
      throw thrown;
    }
  });
  // From here on there is no way back: a runtime that dies now finds the new process as the present one.
  const kept = record.kept(keepTimeoutMs);
  await kept.catch(saidBelow);
  old?.stop(lastCallsMs);
  await old?.over;
  await dropSockets(held);
  record.change({ others, held: undefined });
  await kept;
}

async function untilAccepted(
  service: HostedService,
  next: ServiceProcess,
  wait: Omit<ReplaceOptions, "program" | "spec">,
): Promise<void> {
  const end = await waitForStart(outcomeOf(service, next), wait);
  if (end.kind === "ready") return;
  if (end.kind === "stopped") throw refusals.stoppedMeanwhile("update", service);
  if (end.kind === "ended") throw refusals.startFailed("update", service, end);
  throw refusals.startTooSlow("update", service, wait.timeoutMs, service.lastOutput(next));
}

async function outcomeOf(service: HostedService, next: ServiceProcess): Promise<StartOutcome> {
  const ready = next.ready.then(() => ({ kind: "ready" }) as const);
  const end = await Promise.race([ready, next.over]);
  if (end.kind === "ended") return { ...end, output: service.lastOutput(next) };
  return end.kind === "ready" ? end : { kind: "stopped" };
}

/** The new process serves, and its caller hears at the end that a crash of the platform could undo it. */
function saidBelow(): void {}
