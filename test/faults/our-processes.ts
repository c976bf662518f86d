/**
 * Which processes of a platform there are, whatever the platform knows of them: looked for in the table of the system.
 */
import { stateFolder } from "../../src/framework/state-folder.ts";
import { groupLeaders, processIdentity } from "../../src/supervisor/process-identity.ts";

export interface OurProcess {
  readonly pid: number;
  /** Under which it was run. */
  readonly name: string;
}

/** Those that lead a group and live; one that only waits to be reaped does not. */
export function ourProcesses(state: string): readonly OurProcess[] {
  const { control } = stateFolder(state);
  return groupLeaders().flatMap(({ pid, variable }) => {
    if (variable("REEF_PLATFORM") !== control || !processIdentity(pid)) return [];
    return [{ pid, name: variable("REEF_NAME") ?? "?" }];
  });
}
