/**
 * For tests: programs of `fixtures/` as processes, and platforms that are nothing but the blocks that programs need.
 */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { openTestAuth } from "../blocks/auth/drivers/store/test-auth.ts";
import type { Auth } from "../blocks/auth/index.ts";
import { authService } from "../blocks/auth/service.ts";
import { createMemoryRegistry } from "../blocks/registry/drivers/memory.ts";
import { platformNamespace, type Registry } from "../blocks/registry/index.ts";
import { registryService } from "../blocks/registry/service.ts";
import { createMemoryStore } from "../blocks/store/drivers/memory.ts";
import { storeService } from "../blocks/store/service.ts";
import { createLogger } from "../core/log.ts";
import { openRpcServer, type RpcServer } from "../rpc/server.ts";
import { everybody } from "./fixtures/everybody.ts";
import { openPlatform, type Platform } from "./platform.ts";

export const quiet = createLogger({ write: () => {} });

export interface Program extends AsyncDisposable {
  readonly child: ChildProcess;
  /** Everything it has written. */
  readonly output: string;
  /** Waits until it has written this; fails when it ends without. */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
  /** Waits for its end. */
  ended(): Promise<{ readonly code: number | null; readonly signal: string | null }>;
}

/** Starts `fixtures/<name>.ts`; disposing kills it. */
export function startProgram(
  name: string,
  env: NodeJS.ProcessEnv = {},
  args: readonly string[] = [],
): Program {
  const file = join(import.meta.dirname, "fixtures", `${name}.ts`);
  const { PATH } = process.env;
  const child = spawn(process.execPath, [file, ...args], { env: { PATH, ...env } });
  const ended = once(child, "exit").then(([code, signal]) => ({ code, signal }));
  let output = "";
  const keep = (chunk: Buffer) => {
    output += chunk.toString();
    child.emit("output");
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  return {
    child,
    get output() {
      return output;
    },
    async printed(pattern) {
      for (;;) {
        const found = pattern.exec(output);
        if (found) return found;
        const over = await Promise.race([once(child, "output").then(() => false), ended]);
        assert(!over, `${name} ended without ${pattern}:\n${output}`);
      }
    },
    ended: () => ended,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

/** The address in what a program says when it is ready. */
export async function addressOf(program: Program): Promise<string> {
  const [, address] = await program.printed(/is ready at ([^\s,]+)/);
  return address ?? "";
}

export interface TestFolder extends AsyncDisposable {
  readonly path: string;
  /** Where a platform with this state folder listens. */
  readonly control: string;
}

export async function openFolder(): Promise<TestFolder> {
  const path = await mkdtemp(join(tmpdir(), "reef-"));
  return {
    path,
    control: `unix:${join(path, "control.sock")}`,
    [Symbol.asyncDispose]: () => rm(path, { recursive: true }),
  };
}

export interface TestPlatform extends AsyncDisposable {
  readonly control: string;
  /** The registry itself, without a way to it. */
  readonly registry: Registry;
  /** As its programs see it. */
  readonly platform: Platform;
  /** Another registry takes the place of this one, and knows nobody. */
  restart(): Promise<void>;
}

export async function openTestPlatform(): Promise<TestPlatform> {
  await using stack = new AsyncDisposableStack();
  const { control } = stack.use(await openFolder());
  const { auth } = await openTestAuth();
  for (const namespace of ["default", "other"]) await auth.realm(namespace).putRule(everybody);
  let registry = createMemoryRegistry();
  let server = await openBlocks(control, registry, auth);
  stack.defer(async () => void (await server.stop({ timeoutMs: 0 })));
  const platform = stack.use(await openPlatform({ control }));
  const owned = stack.move();
  return {
    control,
    get registry() {
      return registry;
    },
    platform,
    async restart() {
      await server.stop({ timeoutMs: 0 });
      registry = createMemoryRegistry();
      server = await openBlocks(control, registry, auth);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function openBlocks(control: string, registry: Registry, auth: Auth): Promise<RpcServer> {
  return openRpcServer({
    services: [registryService(registry), storeService(createMemoryStore()), authService(auth)],
    listen: [control],
    namespace: platformNamespace,
    namespaces: "any",
    context: () => ({
      client: () => assert.fail("blocks call nobody"),
      store: createMemoryStore().database("test"),
      log: quiet,
    }),
    log: quiet,
  });
}
