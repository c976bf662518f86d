/** What services and their callers are written with. */
export { t } from "./contract/builder.ts";
export { channel } from "./contract/channel.ts";
export {
  contract,
  type Contract,
  type ContractOptions,
  type Methods,
} from "./contract/contract.ts";
export { type Empty, type Method, method, notify, stream } from "./contract/method.ts";
export { describedContract } from "./contract/described-contract.ts";
export type { Message } from "./contract/message.ts";
export { protoContract, type ProtoContractSource } from "./contract/proto/proto-contract.ts";
export { isError } from "./contract/typed-error.ts";
export { type Code, ReefError } from "./core/errors.ts";
export type { Caller } from "./core/identity.ts";
export type { Logger } from "./core/log.ts";
export { client, type ClientOptions } from "./framework/client.ts";
export { openPlatform, type Platform } from "./framework/platform.ts";
export { type Running, serve, type ServeOptions } from "./framework/serve.ts";
export type { CallOptions } from "./rpc/client-call.ts";
export type { Client } from "./rpc/client.ts";
export { contextKey, type ContextKey } from "./rpc/context.ts";
export type { Metadata } from "./rpc/metadata.ts";
export type { Middleware, MiddlewareCall, Next } from "./rpc/middleware.ts";
export type { Call, ServerCall } from "./rpc/server-call.ts";
export {
  type Handlers,
  service,
  type Service,
  type ServiceContext,
  type ServiceOptions,
} from "./rpc/service.ts";
