/**
 * The supervisor for programs of your own: children that run until they are told to stop, started again when they fail.
 */
export {
  type ChildContext,
  type ChildSpec,
  doNotRestart,
  type FailureLimits,
  type RestartPolicy,
  terminateSupervisor,
} from "./child.ts";
export type { ChildState, ChildStatus, StopReport, SupervisorEvent } from "./events.ts";
export { processChild, type ProcessChildOptions } from "./process-child.ts";
export { ProcessGroups } from "./process-groups.ts";
export { supervisorChild } from "./supervisor-child.ts";
export { openSupervisor, type Supervisor, type SupervisorOptions } from "./supervisor.ts";
