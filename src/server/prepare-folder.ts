/** The folders of a platform, readable by their owner alone: who may connect may do everything. */
import { chmod, mkdir, stat } from "node:fs/promises";
import { ReefError } from "../core/errors.ts";
import { refuseForeignFolder } from "../framework/refuse-foreign-folder.ts";
import { isShared, type StateFolder } from "../framework/state-folder.ts";

/** @throws {ReefError} `permission_denied` for a folder of another user, or one that cannot be made */
export async function prepareFolder({ path, sockets, logs, identity }: StateFolder): Promise<void> {
  if (isShared(sockets)) await refuseForeignFolder(sockets);
  await makeFolder(path);
  await refuseForeignState(path);
  await chmod(path, 0o700);
  for (const folder of [sockets, logs, identity]) {
    // One after the other: the later ones are most often inside of the first.
    // oxlint-disable-next-line no-await-in-loop
    await makeFolder(folder);
    // oxlint-disable-next-line no-await-in-loop
    await chmod(folder, 0o700);
  }
}

/** Whoever owns a folder may put another in its place, with sockets to which this user would show who he is. */
async function refuseForeignState(path: string): Promise<void> {
  const uid = process.getuid?.();
  const found = await stat(path);
  if (uid === undefined || found.uid === uid) return;
  throw cannotUse(path, `it is of user ${found.uid} and not of user ${uid}, which starts it`);
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    const { message } = ReefError.from(error);
    throw cannotUse(folder, message, error);
  }
}

function cannotUse(folder: string, rule: string, cause?: unknown): ReefError {
  const text = `Cannot keep a platform in ${folder}: ${rule}; name another folder by "--state"`;
  return new ReefError("permission_denied", text, { cause, maybeExecuted: false });
}
