/** One platform with both services, and every way to call them. */
import { client as fetchClient } from "../../src/browser.ts";
import type { Contract } from "../../src/contract/contract.ts";
import { DeadlineSweep } from "../../src/core/deadline.ts";
import { createLogger } from "../../src/core/log.ts";
import { client } from "../../src/framework/client.ts";
import { openPlatform } from "../../src/framework/platform.ts";
import { serve } from "../../src/framework/serve.ts";
import { parseGrpcAddress } from "../../src/rpc/address.ts";
import { createClient } from "../../src/rpc/client.ts";
import { openGrpcTransport } from "../../src/rpc/grpc/client/grpc-transport.ts";
import type { Service } from "../../src/rpc/service.ts";
import { startServer } from "../../src/server/start-server.ts";
import { openStateFolder } from "../test-command.ts";
import { openForeignCodec } from "./foreign-codec.ts";
import { connectWay, grpcWebWay, openGrpcJsWay } from "./grpc-ways.ts";
import { bindingWay, httpProtobufWay, httpWay } from "./http-ways.ts";
import type { Way } from "./outcome.ts";
import { clientWay, commandWay } from "./own-ways.ts";

export interface Target {
  readonly service: Service;
  /** The same contract without numbers. */
  readonly bare: Contract;
}

export interface OpenWays extends AsyncDisposable {
  /** By the name of the service. */
  readonly ways: ReadonlyMap<string, readonly Way[]>;
}

export async function openWays(targets: readonly Target[]): Promise<OpenWays> {
  await using stack = new AsyncDisposableStack();
  const state = stack.use(await openStateFolder());
  const log = createLogger({ write: () => {} });
  const server = stack.use(await startServer({ state: state.path, port: 0, proxyPort: 0, log }));
  const platform = stack.use(await openPlatform({ state: state.path }));
  const services = targets.map(({ service }) => service);
  const listen = ["tcp://127.0.0.1:0"];
  const served = stack.use(await serve(services, { platform, listen, stopOnSignals: false, log }));
  const [tcp = ""] = served.addresses;
  const [gateway, proxy] = [server.gateway ?? "", server.proxy ?? ""];
  const direct = tcp.replace("tcp:", "http:");
  const deadlines = new DeadlineSweep();

  async function jsonTransport(url: string) {
    const address = parseGrpcAddress(url.replace("http:", "grpc:"));
    if (!address) throw new Error(`${url} is no address`);
    return stack.use(await openGrpcTransport(address, { codec: "json" }));
  }
  const [json, jsonByProxy] = [await jsonTransport(direct), await jsonTransport(proxy)];

  async function waysTo({ service, bare }: Target): Promise<Way[]> {
    const { contract } = service;
    const { name } = contract;
    const codec = await openForeignCodec(contract, state.path);
    const spoken = { contract, codec };
    const at = (address: string, of = contract) => stack.use(client(of, { address }));
    return [
      clientWay("in process", stack.use(client(service, { context: { log } }))),
      clientWay("native, JSON", at(tcp, bare)),
      clientWay("native, protobuf", at(tcp)),
      clientWay("native, by name", platform.client(contract)),
      clientWay("gRPC", at(direct.replace("http:", "grpc:"))),
      clientWay("gRPC, JSON", createClient(bare, { route: json, deadlines })),
      clientWay("gRPC through the proxy", at(proxy.replace("http:", "grpc:"))),
      clientWay(
        "gRPC through the proxy, JSON",
        createClient(bare, { route: jsonByProxy, deadlines }),
      ),
      stack.use(openGrpcJsWay("grpc-js", direct, spoken)),
      stack.use(openGrpcJsWay("grpc-js through the proxy", proxy, spoken)),
      grpcWebWay("gRPC-Web", direct, spoken),
      grpcWebWay("gRPC-Web through the proxy", proxy, spoken),
      connectWay("Connect, JSON", direct, "json", spoken),
      connectWay("Connect, protobuf", direct, "proto", spoken),
      connectWay("Connect through the proxy, JSON", proxy, "json", spoken),
      connectWay("Connect through the proxy, protobuf", proxy, "proto", spoken),
      httpWay("HTTP, JSON", gateway, spoken),
      httpProtobufWay("HTTP, protobuf", gateway, spoken),
      bindingWay("binding", gateway, spoken),
      clientWay("fetch client", stack.use(fetchClient(contract, { baseUrl: gateway }))),
      commandWay("reef call", platform, contract, (text) => [
        "call",
        `${name}/send`,
        text,
        "--json",
      ]),
      commandWay("reef <service> <method>", platform, contract, (text) => {
        return [name, "send", "--json-input", text, "--json"];
      }),
    ];
  }
  const all = await Promise.all(targets.map(waysTo));
  const ways = new Map(targets.map(({ service }, at) => [service.contract.name, all[at] ?? []]));
  const owned = stack.move();
  return { ways, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
