/** What commands need of the platform. */
import type { Registry } from "../blocks/registry/index.ts";
import type { Runtime } from "../blocks/runtime/index.ts";
import type { Contract } from "../contract/contract.ts";
import type { Client } from "../rpc/client.ts";

export interface Platform extends AsyncDisposable {
  readonly registry: Registry;
  readonly runtime: Runtime;
  readonly control: string;
  client<C extends Contract>(contract: C, options?: object): Client<C>;
}
