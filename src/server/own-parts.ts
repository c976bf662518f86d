/**
 * One platform to a state folder, and one process to each of its parts: whoever runs it holds a lock, which the system
 * takes back when the process is gone, however it went.
 */
import { join } from "node:path";
import { lockFile } from "../backends/sqlite/file-lock.ts";
import { platformNamespace } from "../blocks/registry/index.ts";
import type { Contract } from "../contract/contract.ts";
import { DeadlineSweep } from "../core/deadline.ts";
import { ReefError } from "../core/errors.ts";
import type { StateFolder } from "../framework/state-folder.ts";
import { createAddressRoute } from "../rpc/address-route.ts";
import { type Client, createClient } from "../rpc/client.ts";
import { ConnectionPool } from "../rpc/connection-pool.ts";
import { openConnection } from "../rpc/wire/connect.ts";
import type { CredentialSource } from "../core/identity.ts";
import { openPartIdentities } from "./identity/parts.ts";
import { serverCommand } from "./commands.ts";
import { PartContract } from "./part-contract.ts";
import { PlatformContract } from "./platform-contract.ts";
import type { PartName } from "./profile.ts";

/** @throws {ReefError} `failed_precondition` when a platform runs here */
export function ownPlatform(state: StateFolder): Disposable {
  const lock = lockOf("platform", state);
  if ("refusal" in lock) throw platformRuns(state, lock.refusal);
  return lock;
}

/** @throws {ReefError} `failed_precondition` when another process has one of them: then none is taken */
export async function ownParts(
  names: readonly PartName[],
  state: StateFolder,
): Promise<Disposable> {
  using stack = new DisposableStack();
  for (const name of names) {
    const lock = lockOf(name, state);
    // oxlint-disable-next-line no-await-in-loop -- it ends with the first that is refused
    if ("refusal" in lock) throw await alreadyOwned(name, state, lock.refusal);
    stack.use(lock);
  }
  return stack.move();
}

function lockOf(
  name: string,
  { sockets }: StateFolder,
): Disposable | { readonly refusal: ReefError } {
  try {
    return lockFile(join(sockets, name));
  } catch (error) {
    const refusal = ReefError.from(error);
    if (refusal.code !== "failed_precondition") throw error;
    return { refusal };
  }
}

function platformRuns({ path }: StateFolder, cause: ReefError): ReefError {
  const rule = `a platform already runs with the state folder ${path}`;
  const next = `"reef status" shows it, --state and --port start a second one`;
  const text = `Cannot start: ${rule}; ${next}`;
  return new ReefError("failed_precondition", text, { cause, maybeExecuted: false });
}

/** Whoever has it is named: that is what a person looks for next. */
async function alreadyOwned(
  name: PartName,
  state: StateFolder,
  cause: ReefError,
): Promise<ReefError> {
  const exclude = `"${serverCommand([name], state)}"`;
  const credentials = (await openPartIdentities(state)).credentials("looker");
  const at = (address: string) => ({ address, credentials });
  const alone = await ask(PartContract, at(state.part(name)), (part) => part.status({}, inTime));
  const platform =
    alone ?? (await ask(PlatformContract, at(state.control), (it) => it.status({}, inTime)));
  let rule = `another process of the state folder ${state.path} runs it; end that one first`;
  if (platform) {
    rule = `the platform runs it itself, pid ${platform.pid}; stop that and start it with ${exclude}`;
  }
  if (alone) {
    rule = `it has a process of its own, pid ${alone.pid}; end that one, or leave it there with ${exclude}`;
  }
  const text = `Cannot run the ${name}: ${rule}`;
  return new ReefError("failed_precondition", text, { cause, maybeExecuted: false });
}

/** It is only asked for its name: who does not say it at once stays unnamed. */
const inTime = { timeoutMs: 500 };

async function ask<C extends Contract, T>(
  contract: C,
  { address, credentials }: { readonly address: string; readonly credentials: CredentialSource },
  call: (client: Client<C>) => Promise<T>,
): Promise<T | undefined> {
  await using pool = new ConnectionPool((to, signal) =>
    openConnection(to, { credentials, signal }),
  );
  const route = createAddressRoute(address, pool);
  const options = { route, deadlines: new DeadlineSweep(), namespace: platformNamespace };
  return await call(createClient(contract, options)).catch(unknown);
}

function unknown(): undefined {
  return undefined;
}
