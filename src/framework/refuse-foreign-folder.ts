/**
 * Sockets of a deep state folder lie in the folder of all temporary things, under a name that others can guess. Whoever
 * makes that folder first would be the platform for every command and service, and be shown who they are.
 */
import type { Stats } from "node:fs";
import { lstat } from "node:fs/promises";

import { ReefError } from "../core/errors.ts";

export interface RefuseForeignFolderOptions {
  /** Who may own it, beside root. @default the user of this process */
  readonly uid?: number | undefined;
}

/**
 * @throws {ReefError} `permission_denied` for a folder that is a link, or of another user; a missing one is nobody's
 */
export async function refuseForeignFolder(
  folder: string,
  { uid = process.getuid?.() }: RefuseForeignFolderOptions = {},
): Promise<void> {
  const found = await lstat(folder).catch(missing);
  // Where nobody has a number, folders of temporary things are each user's own.
  if (!found || uid === undefined) return;
  if (found.isDirectory() && (found.uid === uid || found.uid === 0)) return;
  const what = found.isDirectory() ? `it is of user ${found.uid}` : "it is no folder";
  throw new ReefError(
    "permission_denied",
    `Cannot use the sockets in ${folder}: ${what} and not of user ${uid}; remove it, or use a shorter "--state"`,
    { maybeExecuted: false },
  );
}

function missing(error: NodeJS.ErrnoException): Stats | undefined {
  if (error.code === "ENOENT") return undefined;
  throw error;
}
