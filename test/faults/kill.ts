/** The platform, or its store alone, is ended with -9 while clients write. */
import { openStateFolder } from "../test-command.ts";
import { runOutages } from "./outages.ts";
import type { Findings, Rig, RigOptions } from "./rig.ts";

export const kill: Rig = {
  proves: "kill -9 of the platform under writes: none lost, none half, none twice, watches go on",
  takes: "20 s",
  rounds: 20,
  missing: () => undefined,
  run: (options) => runKill(options, false),
};

export const killStore: Rig = {
  proves:
    'kill -9 of "reef service store" beside a platform that lives: the same, and it is used when it is back',
  takes: "20 s",
  rounds: 20,
  missing: () => undefined,
  run: (options) => runKill(options, true),
};

async function runKill(options: RigOptions, storeAlone: boolean): Promise<Findings> {
  await using state = await openStateFolder();
  return await runOutages({ ...options, storeAlone, state: state.path, outage: "kill" });
}
