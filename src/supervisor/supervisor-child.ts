/** A supervisor as a child of another one: a failure that it cannot handle becomes one failure of one child. */
import type { ChildContext, ChildSpec } from "./child.ts";
import { openSupervisor, type SupervisorOptions } from "./supervisor.ts";

export interface SupervisorChildOptions
  extends
    SupervisorOptions,
    Pick<ChildSpec, "restart" | "dependsOn" | "readyTimeoutMs" | "failures"> {
  readonly children: readonly ChildSpec[];
}

/** Less than a parent gives all its children by default, so that its report can still name those inside. */
const stopTimeoutDefaultMs = 5_000;

/** What a nested supervisor may take beyond the time of its children, to say who did not stop. */
const reportTimeMs = 500;

/**
 * A child that runs `children` under a supervisor of their own. Ready when all of them are; it fails when one of them
 * will never be, or when the supervisor escalates. Each start makes a new supervisor.
 */
export function supervisorChild(options: SupervisorChildOptions): ChildSpec {
  const { children, restart, dependsOn, readyTimeoutMs, failures, ...rest } = options;
  const { stopTimeoutMs = stopTimeoutDefaultMs } = rest;
  return {
    name: options.name,
    stopTimeoutMs: stopTimeoutMs + reportTimeMs,
    ...(restart && { restart }),
    ...(dependsOn && { dependsOn }),
    ...(readyTimeoutMs !== undefined && { readyTimeoutMs }),
    ...(failures && { failures }),
    run: (context) => runNested(context, children, { ...rest, stopTimeoutMs }),
  };
}

async function runNested(
  { signal, path, ready, unstopped }: ChildContext,
  children: readonly ChildSpec[],
  options: SupervisorOptions,
): Promise<void> {
  const supervisor = openSupervisor({ ...options, name: path });
  const close = () => void supervisor.close();
  signal.addEventListener("abort", close, { once: true });
  let neverReady: { readonly why: unknown } | undefined;
  try {
    await supervisor.add(...children);
    await supervisor.whenReady(undefined, { signal });
    ready();
  } catch (why) {
    neverReady = { why };
    close();
  }
  const { report, failure, stragglers } = await supervisor.ended;
  signal.removeEventListener("abort", close);
  if (report.unstopped.length > 0) unstopped(report.unstopped);
  await stragglers;
  if (failure) throw failure;
  if (neverReady && !signal.aborted) throw neverReady.why;
}
