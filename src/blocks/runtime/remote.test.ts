import { openProbe } from "../../rpc/test-probe.ts";
import { runtimeConformance } from "./conformance.ts";
import { RuntimeContract } from "./contract.ts";
import { openTestPlatform } from "./drivers/process/test-platform.ts";
import { remoteRuntime } from "./remote.ts";
import { runtimeService } from "./service.ts";

runtimeConformance("remote", {
  async open() {
    const platform = await openTestPlatform();
    const probe = await openProbe("unix", [runtimeService(platform.runtime)]);
    return {
      ...platform,
      runtime: remoteRuntime(probe.client(RuntimeContract)),
      async [Symbol.asyncDispose]() {
        await probe[Symbol.asyncDispose]();
        await platform[Symbol.asyncDispose]();
      },
    };
  },
});
