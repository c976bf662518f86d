/** The platform is ended with -9 while clients write. */
import { openStateFolder } from "../test-command.ts";
import { runOutages } from "./outages.ts";
import type { Rig } from "./rig.ts";

export const kill: Rig = {
  proves: "kill -9 of the platform under writes: none lost, none half, none twice, watches go on",
  takes: "20 s",
  rounds: 20,
  missing: () => undefined,
  async run(options) {
    await using state = await openStateFolder();
    return await runOutages({ ...options, state: state.path, outage: "kill" });
  },
};
