/**
 * Where a platform of this machine keeps its things. Everything about one platform is below its state folder, so two
 * platforms are two folders; the control socket is found by the folder alone.
 */
import { createHash } from "node:crypto";
import { homedir, tmpdir, userInfo } from "node:os";
import { basename, dirname, join, resolve } from "node:path";

import { unixPathBytesMax } from "../rpc/address.ts";

export interface StateFolder {
  /** Absolute. */
  readonly path: string;
  /** Output of services, one file each. */
  readonly logs: string;
  /** The file of the store. */
  readonly store: string;
  /** Files that say who somebody of this machine is, see `identityPath`; readable by nobody else. */
  readonly identity: string;
  /** Sockets; readable by nobody else. */
  readonly sockets: string;
  /** Address of the platform itself, which asks who connects. */
  readonly control: string;
  /** Address of a part of the platform that runs in a process of its own: `store`. */
  part(name: string): string;
}

/** Room for the longest socket name in the folder: a service's name and its instance. */
const socketNameBytesMax = 50;

/** @param path `--state`; without it `$REEF_STATE`, else `reef` below `$XDG_STATE_HOME` or `~/.local/state` */
export function stateFolder(path?: string, env: NodeJS.ProcessEnv = process.env): StateFolder {
  const chosen = resolve(path ?? env["REEF_STATE"] ?? join(stateHome(env), "reef"));
  const sockets = shortFolder(join(chosen, "run"));
  return {
    path: chosen,
    logs: join(chosen, "logs"),
    store: join(chosen, "store.db"),
    identity: join(chosen, "identity"),
    sockets,
    control: `unix:${join(sockets, "control.sock")}`,
    // The sockets of services have a digest in their names: none is one of these.
    part: (name) => `unix:${join(sockets, `${name}.sock`)}`,
  };
}

function stateHome(env: NodeJS.ProcessEnv): string {
  return env["XDG_STATE_HOME"] || join(homedir(), ".local", "state");
}

/** A kernel takes no long socket paths: a deep folder is stood for by a short one that its path decides. */
function shortFolder(wanted: string): string {
  if (Buffer.byteLength(wanted) + socketNameBytesMax < unixPathBytesMax) return wanted;
  const digest = createHash("sha256").update(wanted).digest("hex").slice(0, 12);
  return join(tmpdir(), `reef-${userInfo().uid}-${digest}`);
}

/** Whether it lies where everybody may make folders. */
export function isShared(sockets: string): boolean {
  return dirname(sockets) === tmpdir() && /^reef-\d+-[0-9a-f]{12}$/.test(basename(sockets));
}
