/** What the runtime says when it cannot do what it was asked: each text with the reason and the next thing to type. */
import { ReefError } from "../../../../core/errors.ts";
import { runtimeErrors } from "../../contract.ts";
import type { HostedService, StartOutcome } from "./hosted-service.ts";
import type { QualifiedName } from "./qualified-name.ts";

export function alreadyRunning(service: HostedService): ReefError {
  const { namespace, name, start } = service;
  const { source } = service.program;
  const pid = start?.pid === undefined ? "" : `, process ${start.pid}`;
  return runtimeErrors.already_running(
    { namespace, name, source },
    `Cannot run "${name}": it is running already (${source}${pid}); ` +
      `type "reef restart ${name}" to replace it, or run this one under another name`,
  );
}

export function notRunning(
  verb: string,
  service: QualifiedName,
  running: readonly string[],
): ReefError {
  const others = running.length === 0 ? "no service is" : `running are ${running.join(", ")}`;
  return runtimeErrors.not_running(
    { namespace: service.namespace, name: service.name, running: [...running] },
    `Cannot ${verb} "${service.name}": it is not running in namespace "${service.namespace}", ${others}`,
  );
}

/** A first start that fails is taken out again, a later one is retried. */
type StartVerb = "run" | "restart";

export function startFailed(
  verb: StartVerb,
  service: HostedService,
  outcome: Extract<StartOutcome, { kind: "ended" }>,
): ReefError {
  const { source } = service.program;
  const hint = outcome.how === "exit code 0" ? "; a service stays: does it call serve()?" : "";
  return runtimeErrors.crashed(
    failedStart(service, outcome.output),
    `Cannot ${verb} "${service.name}": ${source} ended with ${outcome.how} before it was ready${hint}` +
      details(verb, service, outcome.output),
  );
}

export function startTooSlow(verb: StartVerb, service: HostedService, waitedMs: number): ReefError {
  const output = service.lastOutput();
  return runtimeErrors.not_ready(
    failedStart(service, output),
    `Cannot ${verb} "${service.name}": ${service.program.source} was not ready within ${waitedMs} ms; ` +
      `does it call serve()?${details(verb, service, output)}`,
  );
}

export function stoppedMeanwhile(verb: string, { name }: QualifiedName): ReefError {
  return new ReefError(
    "aborted",
    `Cannot ${verb} "${name}": somebody else stopped it before it was ready`,
  );
}

export function tooManyServices(limit: number): ReefError {
  return new ReefError(
    "resource_exhausted",
    `Cannot run another service: the limit is ${limit}; kill some first`,
    { maybeExecuted: false },
  );
}

export function runtimeClosing(verb: string): ReefError {
  return new ReefError("unavailable", `Cannot ${verb}: the runtime is closing`, {
    maybeExecuted: false,
  });
}

function failedStart({ namespace, name, logPath }: HostedService, output: readonly string[]) {
  return { namespace, name, log: logPath, output: [...output] };
}

function details(
  verb: StartVerb,
  { name, logPath }: HostedService,
  output: readonly string[],
): string {
  const lines = output.map((line) => (line === "" ? "" : `  ${line}`));
  const said = lines.length === 0 ? "It wrote nothing." : `It wrote:\n\n${lines.join("\n")}\n`;
  const next =
    verb === "run"
      ? "It was taken out again."
      : `It is started again from time to time; type "reef kill ${name}" to end that.`;
  return `. ${said}\n${next} Its log is ${logPath}`;
}
