/** The folders of a platform, readable by their owner alone: who may connect may do everything. */
import { chmod, mkdir } from "node:fs/promises";
import { refuseForeignFolder } from "../framework/refuse-foreign-folder.ts";
import { isShared, type StateFolder } from "../framework/state-folder.ts";

export async function prepareFolder({ path, sockets, logs, identity }: StateFolder): Promise<void> {
  if (isShared(sockets)) await refuseForeignFolder(sockets);
  for (const folder of [path, sockets, logs, identity]) {
    // One after the other: the later ones are most often inside of the first.
    // oxlint-disable-next-line no-await-in-loop
    await mkdir(folder, { recursive: true, mode: 0o700 });
    // oxlint-disable-next-line no-await-in-loop
    await chmod(folder, 0o700);
  }
}
