/** For tests: the interop service on a port of its own, in this process. */
import { existsSync } from "node:fs";

import { openFixture } from "../../src/edges/proxy/fixtures/open-fixture.ts";
import { createLogger } from "../../src/core/log.ts";
import { serve } from "../../src/framework/serve.ts";

export interface InteropServer extends AsyncDisposable {
  /** `127.0.0.1:50051`. */
  readonly target: string;
}

export async function openInteropServer(): Promise<InteropServer> {
  // Not before it is needed: a test that is skipped must not look for the `.proto`.
  const { testService } = await import("./handlers.ts");
  const running = await serve(testService, {
    listen: ["tcp://127.0.0.1:0"],
    platform: false,
    stopOnSignals: false,
    log: createLogger({ write: () => {} }),
  });
  return {
    target: String(running.addresses[0]).replace("tcp://", ""),
    async [Symbol.asyncDispose]() {
      await running.stop({ timeoutMs: 1_000 });
    },
  };
}

/** The same behind the proxy, which passes calls on over the native wire. */
export async function openProxiedInterop(): Promise<InteropServer> {
  const { testService } = await import("./handlers.ts");
  const fixture = await openFixture([testService]);
  return {
    target: new URL(fixture.proxy.url).host,
    [Symbol.asyncDispose]: () => fixture[Symbol.asyncDispose](),
  };
}

/** Debian's `grpc-proto`, where the official `.proto` is. */
export const protoFolder = "/usr/share/grpc-proto";

/** Why a test cannot be run here. */
export const skip = existsSync(`${protoFolder}/grpc/testing/test.proto`)
  ? false
  : "the package grpc-proto of Debian is not installed";
