/** What the runtime says when it cannot do what it was asked: each text with the reason and the next thing to type. */
import { ReefError } from "../../../../core/errors.ts";
import { runtimeErrors } from "../../contract.ts";
import { specBytesMax } from "../../index.ts";
import type { HostedService } from "./hosted-service.ts";
import type { StartOutcome } from "./start-outcome.ts";
import type { QualifiedName } from "./qualified-name.ts";

export function alreadyRunning({ name, source, present }: HostedService): ReefError {
  const pid = present?.pid === undefined ? "" : `, process ${present.pid}`;
  return runtimeErrors.already_running(
    { name, source },
    `Cannot run "${name}": it is running already (${source}${pid}); ` +
      `type "reef update ${name}" to replace it, or run this one under another name`,
  );
}

export function nameReserved(name: string): ReefError {
  return new ReefError(
    "invalid_argument",
    `Cannot run a service "${name}": the platform has a service of its own with this name; ` +
      `give it another one, such as "${name}-service"`,
    { maybeExecuted: false },
  );
}

export function notRunning(
  verb: string,
  { namespace, name }: QualifiedName,
  running: readonly string[],
): ReefError {
  const others = running.length === 0 ? "no service is" : `running are ${running.join(", ")}`;
  return runtimeErrors.not_running(
    { name, running: [...running] },
    `Cannot ${verb} "${name}": it is not running in namespace "${namespace}", ${others}`,
  );
}

type StartVerb = "run" | "restart" | "update";

export function startFailed(
  verb: StartVerb,
  service: HostedService,
  outcome: Extract<StartOutcome, { kind: "ended" }>,
): ReefError {
  const { name, source } = service;
  const hint = outcome.how === "exit code 0" ? `; a service stays: ${question(service)}` : ".";
  return runtimeErrors.crashed(
    failedStart(service, outcome.output),
    `Cannot ${verb} "${name}": ${source} ended with ${outcome.how} before it was ready${hint}` +
      details(verb, service, outcome.output),
  );
}

export function startTooSlow(
  verb: StartVerb,
  service: HostedService,
  waitedMs: number,
  output = service.lastOutput(),
): ReefError {
  const { name, source } = service;
  return runtimeErrors.not_ready(
    failedStart(service, output),
    `Cannot ${verb} "${name}": ${source} was not ready within ${timeText(waitedMs)}; ` +
      question(service) +
      details(verb, service, output),
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

export function specTooLong(name: string, bytes: number): ReefError {
  return new ReefError(
    "invalid_argument",
    `Cannot run "${name}": what it is run with has at most ${specBytesMax} bytes, this has ${bytes}; put it into a file`,
    { maybeExecuted: false },
  );
}

function failedStart({ name, output: { path: log } }: HostedService, output: readonly string[]) {
  return { name, log, output: [...output] };
}

/** What is asked of a start that came to nothing: the most frequent reason why. */
function question({ record }: HostedService): string {
  const { command, readiness = "port" } = record.value.spec;
  if (command === undefined) return "does it call serve()?";
  const listens = "does it listen on the port in its variable PORT";
  return readiness.startsWith("/") ? `${listens}, and answer ${readiness} there?` : `${listens}?`;
}

function timeText(ms: number): string {
  return ms % 1_000 === 0 ? `${ms / 1_000} s` : `${ms} ms`;
}

/** A first start that fails is taken out again, a later one is retried, one beside another leaves that. */
const nextBy: { readonly [verb in StartVerb]: (name: string) => string } = {
  run: () => "It was taken out again.",
  restart: (name) => `It is started again from time to time; type "reef kill ${name}" to end that.`,
  update: () => "The present process goes on.",
};

function details(
  verb: StartVerb,
  { name, output: { path } }: HostedService,
  output: readonly string[],
): string {
  const lines = output.map((line) => (line === "" ? "" : `  ${line}`));
  const said = lines.length === 0 ? "It wrote nothing." : `It wrote:\n\n${lines.join("\n")}\n`;
  return ` ${said}\n${nextBy[verb](name)} Its log is ${path}`;
}
