/** The blocks of a platform, by what they promise: all that its control socket serves and its entrances open. */
import { AuthContract } from "../blocks/auth/contract.ts";
import { NamespacesContract } from "../blocks/namespaces/contract.ts";
import { RegistryContract } from "../blocks/registry/contract.ts";
import { RuntimeContract } from "../blocks/runtime/contract.ts";
import { StoreContract } from "../blocks/store/contract.ts";
import type { Contract } from "../contract/contract.ts";
import { PlatformContract } from "./platform-contract.ts";

export const blockContracts: readonly Contract[] = [
  AuthContract,
  NamespacesContract,
  PlatformContract,
  RegistryContract,
  RuntimeContract,
  StoreContract,
];
