/**
 * One process to a part of a state folder: whoever runs it holds a lock, which the system takes back when the process
 * is gone, however it went.
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
import { serverCommand } from "./commands.ts";
import { PartContract } from "./part-contract.ts";
import { PlatformContract } from "./platform-contract.ts";
import type { PartName } from "./profile.ts";

/** @throws {ReefError} `failed_precondition` when another process has one of them: then none is taken */
export async function ownParts(
  names: readonly PartName[],
  state: StateFolder,
): Promise<Disposable> {
  using stack = new DisposableStack();
  for (const name of names) {
    try {
      stack.use(lockFile(join(state.sockets, name)));
    } catch (error) {
      if (ReefError.from(error).code !== "failed_precondition") throw error;
      // oxlint-disable-next-line no-await-in-loop -- it ends with the first that is refused
      throw await alreadyOwned(name, state, error);
    }
  }
  return stack.move();
}

/** Whoever has it is named: that is what a person looks for next. */
async function alreadyOwned(
  name: PartName,
  state: StateFolder,
  cause: unknown,
): Promise<ReefError> {
  const exclude = `"${serverCommand([name], state)}"`;
  const alone = await ask(PartContract, state.part(name), (part) => part.status({}, inTime));
  const platform =
    alone ?? (await ask(PlatformContract, state.control, (it) => it.status({}, inTime)));
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
  address: string,
  call: (client: Client<C>) => Promise<T>,
): Promise<T | undefined> {
  await using pool = new ConnectionPool((to, signal) => openConnection(to, { signal }));
  const route = createAddressRoute(address, pool);
  const options = { route, deadlines: new DeadlineSweep(), namespace: platformNamespace };
  return await call(createClient(contract, options)).catch(unknown);
}

function unknown(): undefined {
  return undefined;
}
