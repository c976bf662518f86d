/** One platform with two namespaces, the same two services in each, somebody of every role, and every way in. */
import { join } from "node:path";

import { createLogger } from "../../src/core/log.ts";
import { contract } from "../../src/contract/contract.ts";
import { lockNumbers } from "../../src/contract/numbers/lock-numbers.ts";
import { openPlatform, type Platform } from "../../src/framework/platform.ts";
import { serve } from "../../src/framework/serve.ts";
import { PlainProbe, probeHandlers } from "../../src/rpc/conformance/probe.ts";
import { service } from "../../src/rpc/service.ts";
import { startServer } from "../../src/server/start-server.ts";
import { gatewayEntrances, protoEntrances } from "../doors/entrances.ts";
import { openStateFolder } from "../test-command.ts";
import { type Gate, headerGate, nativeGates } from "./gates.ts";
import { closePages, protoWays, type Ways, webWays } from "./pages.ts";
import { makeTokens, type Namespace, type Role } from "./roles.ts";

const log = createLogger({ write: () => {} });

const { hello, nothing, log: notes, count, sum, chat } = PlainProbe.methods;

/** A method of each kind. */
export const userContracts = ["open", "vault"].map((name) => {
  const methods = { hello, nothing, log: notes, count, sum, chat };
  const numbers = { [name]: lockNumbers(contract(name, methods, { version: "1.0.0" }).descriptor) };
  return contract(name, methods, { version: "1.0.0", numbers });
});

export interface Matrix extends AsyncDisposable {
  /** Of somebody who has the role, or of anybody. */
  token(role: Role): string;
  /** Into the platform, where blocks and services are behind them. */
  readonly entrances: readonly Gate[];
  /** To the blocks on the control socket. */
  readonly control: readonly Gate[];
  /** To the services of a namespace themselves. */
  readonly services: { readonly [namespace in Namespace]: readonly Gate[] };
  /** To what the entrances say themselves, and the ports of the services of a namespace. */
  readonly pages: { readonly [place in "entrances" | Namespace]: Ways["ways"] };
}

export interface MatrixOptions {
  /** By rules of the test. @default as they are at the beginning */
  readonly arePagesClosed?: boolean;
}

export async function openMatrix({ arePagesClosed = false }: MatrixOptions = {}): Promise<Matrix> {
  await using stack = new AsyncDisposableStack();
  const { path: state } = stack.use(await openStateFolder());
  const server = stack.use(await startServer({ state, port: 0, proxyPort: 0, log }));
  const home = stack.use(await openPlatform({ state }));
  const acme = stack.use(await openPlatform({ state, namespace: "acme" }));
  await home.namespaces.create({ name: "acme" });
  for (const { auth } of [home, acme]) {
    // oxlint-disable-next-line no-await-in-loop -- changes of rules are made in turn
    await closeVault(auth);
    // oxlint-disable-next-line no-await-in-loop
    if (arePagesClosed) await closePages(auth);
  }
  const tokens = await makeTokens(home, acme);
  const [gateway, proxy] = [server.gateway ?? "", server.proxy ?? ""];
  const named = { tokens, namesNamespace: true };
  const entrances = [
    ...gatewayEntrances(gateway).map((each) => headerGate(each, "the gateway", named)),
    ...protoEntrances(proxy).map((each) => headerGate(each, "the proxy", named)),
  ];
  const said = stack.use(protoWays(proxy, "the proxy", named));
  const pages = { entrances: [...webWays(gateway, named), ...said.ways] };
  async function gatesOf(platform: Platform): Promise<{ gates: Gate[]; ways: Ways["ways"] }> {
    const socket = `unix:${join(state, `${platform.namespace}-own.sock`)}`;
    const listen = ["tcp://127.0.0.1:0", socket];
    const all = userContracts.map((each) => service(each, probeHandlers()));
    const served = await serve(all, { platform, listen, stopOnSignals: false, log });
    const [tcp = ""] = stack.use(served).addresses;
    const place = `a service of ${platform.namespace}`;
    const [url, unnamed] = [tcp.replace("tcp:", "http:"), { tokens, namesNamespace: false }];
    const gates = [
      ...protoEntrances(url).map((each) => headerGate(each, place, unnamed)),
      ...nativeGates(tcp, place, tokens),
      ...nativeGates(socket, `the socket of ${place}`, tokens),
    ];
    return { gates, ways: stack.use(protoWays(url, place, unnamed)).ways };
  }
  const [atHome, atAcme] = [await gatesOf(home), await gatesOf(acme)];
  const services = { default: atHome.gates, acme: atAcme.gates };
  const control = nativeGates(home.control, "the control socket", tokens);
  for (const gate of [...entrances, ...control, ...services.default, ...services.acme]) {
    stack.use(gate);
  }
  const owned = stack.move();
  return {
    token: (role) => tokens.get(role) ?? tokens.get("account") ?? "",
    entrances,
    control,
    services,
    pages: { ...pages, default: atHome.ways, acme: atAcme.ways },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** The rule that lets nobody known call services is overruled, and that of accounts is put above. */
async function closeVault(auth: Platform["auth"]): Promise<void> {
  const resource = { type: "service", name: "vault", endpoint: "*" };
  await auth.putRule({ id: "closed", scope: "", resource, access: "denied", priority: 10 });
  await auth.putRule({ id: "known", scope: "*", resource, access: "granted", priority: 20 });
}
