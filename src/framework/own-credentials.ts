/** Who a program is that did not say it: what the platform gave it with its start, else who it may read the file of. */
import type { CredentialSource } from "../core/identity.ts";
import { type Environment, readEnvironment } from "./environment.ts";
import { IdentityFile } from "./identity-file.ts";
import { ownerIdentityPath } from "./identity-path.ts";
import { stateFolder } from "./state-folder.ts";

export interface OwnCredentialsOptions {
  /** Address of the control socket of the platform that is asked. */
  readonly control: string;
  /** Folder of that platform. @default as `reef server` without `--state` */
  readonly state?: string | undefined;
  readonly env?: Environment;
}

/** Nobody known, where there is nothing to read. Disposing it ends the looks at the file. */
export function ownCredentials(options: OwnCredentialsOptions): CredentialSource & Disposable {
  const { control, env = readEnvironment() } = options;
  // What one platform gave is shown to no other one.
  if (env.identity !== undefined && env.platform === control) return new IdentityFile(env.identity);
  const state = stateFolder(options.state);
  return state.control === control ? new IdentityFile(ownerIdentityPath(state)) : nobody;
}

/** Shows nothing: every platform sees somebody whom it does not know. */
export const nobody: CredentialSource & Disposable = {
  token: () => undefined,
  onChange: () => ({ [Symbol.dispose]() {} }),
  [Symbol.dispose]() {},
};
