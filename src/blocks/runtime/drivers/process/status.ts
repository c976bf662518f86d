/** What is shown of a service: what the supervisor knows of its child, and what the service knows of itself. */
import type { ChildState, ChildStatus } from "../../../../supervisor/events.ts";
import type { ServiceState, ServiceStatus } from "../../index.ts";
import type { HostedService } from "./hosted-service.ts";

const states: { readonly [status in ChildStatus]: ServiceState } = {
  waiting: "starting",
  starting: "starting",
  ready: "ready",
  restarting: "backing-off",
  paused: "backing-off",
  stopping: "stopping",
  stuck: "stopping",
  stopped: "stopped",
  ended: "stopped",
  failed: "failed",
};

/** `child` is absent for a moment, before the supervisor knows the service and after it has forgotten it. */
export function statusOf(service: HostedService, child: ChildState | undefined): ServiceStatus {
  const { namespace, name, program, start, logPath } = service;
  return {
    namespace,
    name,
    source: program.source,
    state: child ? states[child.status] : "starting",
    ...(start?.pid !== undefined && { instance: start.instance, pid: start.pid }),
    restarts: Math.max(0, service.starts - 1),
    ...(start && { startedAt: start.at }),
    ...(child?.lastFailure && { lastError: child.lastFailure.message }),
    log: logPath,
  };
}
