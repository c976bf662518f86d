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

/** `child` is absent before the supervisor knows the service, and after it has forgotten it. */
export function statusOf(service: HostedService, child: ChildState | undefined): ServiceStatus {
  const { name, source, present, output } = service;
  const { starts } = service.record.value;
  const { pid, record } = present ?? {};
  return {
    name,
    source,
    state: child ? states[child.status] : "starting",
    ...(record && pid !== undefined && { instance: record.instance, pid }),
    restarts: Math.max(0, starts - 1),
    ...(record && { startedAt: record.startedAt }),
    ...(child?.lastFailure && { lastError: child.lastFailure.message }),
    log: output.path,
  };
}
