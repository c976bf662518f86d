/** A registry on the other side of a wire, with both of its sides at hand. */
import type { Client } from "../../../rpc/client.ts";
import { openProbe, type TransportName } from "../../../rpc/test-probe.ts";
import { createManualClock, type ManualClock } from "../../../testing/manual-clock.ts";
import type { RegistryUnderTest } from "../conformance.ts";
import { RegistryContract } from "../contract.ts";
import { createMemoryRegistry } from "../drivers/memory.ts";
import type { Registry, RegistryLimits } from "../index.ts";
import { remoteRegistry } from "../remote.ts";
import { registryService } from "../service.ts";

export interface RemoteUnderTest extends RegistryUnderTest {
  readonly client: Client<typeof RegistryContract>;
  /** The registry behind the service. */
  readonly near: Registry;
  /** The clock of the service. */
  readonly clock: ManualClock;
  /** The clock of the holders. */
  readonly holders: ManualClock;
}

export async function openRemote(
  transport: TransportName,
  limits: RegistryLimits = {},
): Promise<RemoteUnderTest> {
  const near = createMemoryRegistry(limits);
  const clock = createManualClock();
  const holders = createManualClock();
  const fixture = await openProbe(transport, [registryService(near, { clock })]);
  const client = fixture.client(RegistryContract);
  return {
    client,
    near,
    clock,
    holders,
    registry: remoteRegistry(client, { clock: holders }),
    silence: (ms) => clock.advance(ms),
    [Symbol.asyncDispose]: () => fixture[Symbol.asyncDispose](),
  };
}

/** The same client, but of what is held only the first answer comes through. */
export function hearingOnce(
  client: Client<typeof RegistryContract>,
): Client<typeof RegistryContract> {
  return {
    ...client,
    async *hold(messages, options) {
      for await (const answer of client.hold(messages, options)) {
        yield answer;
        await new Promise(() => {});
      }
    },
  };
}
