/**
 * The identities of what the runtime starts: an account for each name, a session for each run, in a file of its own.
 */
import { rmdirSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Auth } from "../../blocks/auth/index.ts";
import type { Identities } from "../../blocks/runtime/drivers/process/identities.ts";
import type { QualifiedName } from "../../blocks/runtime/drivers/process/qualified-name.ts";
import { type Clock, systemClock } from "../../core/clock.ts";
import type { Logger } from "../../core/log.ts";
import { identityPath } from "../../framework/identity-path.ts";
import type { StateFolder } from "../../framework/state-folder.ts";
import { serviceScope } from "../first-rules.ts";
import { followRevocations } from "../../framework/follow-revocations.ts";
import { KeptIdentity, type KeptIdentityOptions } from "./kept-identity.ts";

export interface ServiceIdentitiesOptions {
  readonly state: Pick<StateFolder, "identity">;
  readonly auth: Pick<Auth, "realm" | "watch">;
  readonly clock?: Clock;
  readonly log: Logger;
}

/** Disposing it leaves the files of services that have not ended to the next runtime. */
export class ServiceIdentities implements Identities, AsyncDisposable {
  readonly #options: ServiceIdentitiesOptions & { readonly clock: Clock };
  /** By path. Promises, because a second `begin` must find the first while that is on its way. */
  readonly #held = new Map<string, Promise<KeptIdentity>>();
  readonly #following: AsyncDisposable;

  constructor(options: ServiceIdentitiesOptions) {
    const { clock = systemClock, auth } = options;
    this.#options = { ...options, clock };
    this.#following = followRevocations({
      auth,
      clock,
      hear: (revocation) => {
        for (const held of this.#held.values()) {
          void held.then((kept) => kept.hear(revocation), notBegun);
        }
      },
    });
  }

  async begin(owner: QualifiedName): Promise<string> {
    const options = this.#optionsOf(owner);
    const { file } = options;
    const held = this.#held.get(file) ?? KeptIdentity.open(options);
    this.#held.set(file, held);
    try {
      await held;
      return file;
    } catch (error) {
      if (this.#held.get(file) === held) this.#held.delete(file);
      throw error;
    }
  }

  resume(owner: QualifiedName): void {
    const options = this.#optionsOf(owner);
    if (this.#held.has(options.file)) return;
    this.#held.set(options.file, Promise.resolve(KeptIdentity.begin(options)));
  }

  async end(owner: QualifiedName): Promise<void> {
    const { file } = this.#optionsOf(owner);
    const held = this.#held.get(file);
    this.#held.delete(file);
    await (await held?.catch(notBegun))?.[Symbol.asyncDispose]();
    this.#leaveFolder(dirname(file));
  }

  async keepOnly(owners: readonly QualifiedName[]): Promise<void> {
    const { state } = this.#options;
    const kept = new Set(owners.map((owner) => identityPath(state, owner)));
    for (const owner of await identitiesIn(state.identity)) {
      if (kept.has(identityPath(state, owner))) continue;
      // oxlint-disable-next-line no-await-in-loop -- most often there are none
      await KeptIdentity.end(this.#optionsOf(owner));
    }
    const folders = (await readdir(state.identity, { withFileTypes: true })).filter((each) =>
      each.isDirectory(),
    );
    for (const { name } of folders) this.#leaveFolder(join(state.identity, name));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#following[Symbol.asyncDispose]();
    await Promise.all(
      [...this.#held.values()].map(async (held) => (await held.catch(notBegun))?.leave()),
    );
  }

  /** A namespace that has no service leaves no folder: it may be one that was deleted. */
  #leaveFolder(folder: string): void {
    if ([...this.#held.keys()].some((file) => dirname(file) === folder)) return;
    try {
      // At once: whoever begins after this look makes the folder anew, and none is taken away from under him.
      rmdirSync(folder);
    } catch (error) {
      // Somebody else has put something there, or taken it away.
      const isLeft = error instanceof Error && "code" in error && left.has(String(error.code));
      if (!isLeft) throw error;
    }
  }

  #optionsOf(owner: QualifiedName): KeptIdentityOptions {
    const { auth, clock, log, state } = this.#options;
    return {
      file: identityPath(state, owner),
      account: `service:${owner.name}`,
      realm: auth.realm(owner.namespace),
      makeWithScopes: [serviceScope],
      clock,
      log: log.with({ namespace: owner.namespace }),
    };
  }
}

const left: ReadonlySet<string> = new Set(["ENOENT", "ENOTEMPTY", "EEXIST"]);

/** Whoever began it has heard why. */
function notBegun(): undefined {
  return undefined;
}

/** Those files that name a service: folders are namespaces. */
async function identitiesIn(folder: string): Promise<QualifiedName[]> {
  const entries = await readdir(folder, { recursive: true });
  return entries.flatMap((entry) => {
    const [, namespace, name] = /^([^/]+)\/([^/]+)\.token$/.exec(entry) ?? [];
    return namespace !== undefined && name !== undefined ? [{ namespace, name }] : [];
  });
}
