/**
 * What the callers of services are written with where there is no Node: `reef/fetch`, and `reef` itself in a browser.
 */
export { t } from "./contract/builder.ts";
export { channel } from "./contract/channel.ts";
export { contract, type Contract, type ContractOptions } from "./contract/contract.ts";
export { method, notify, stream } from "./contract/method.ts";
export { isError } from "./contract/typed-error.ts";
export { type Code, ReefError } from "./core/errors.ts";
export { client, type FetchClientOptions } from "./fetch/client.ts";
export type { CallOptions } from "./rpc/client-call.ts";
export type { Client } from "./rpc/client.ts";
export type { Metadata } from "./rpc/metadata.ts";
export type { Middleware, MiddlewareCall, Next } from "./rpc/middleware.ts";
