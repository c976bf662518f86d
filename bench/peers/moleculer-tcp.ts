/** Moleculer over its TCP transporter with its defaults. The nodes know each other by address, not by multicast. */
import { ServiceBroker } from "moleculer";
import { hello, type Job, order, type PeerClient, unaryClient } from "../work.ts";

export async function serve() {
  const broker = createBroker("server", []);
  broker.createService({
    name: "greeter",
    actions: {
      hello: {
        params: { name: "string", n: "number" },
        handler: (context) => hello(context.params),
      },
      order: {
        params: { name: "string", items: { type: "array", items: "object" } },
        handler: (context) => order(context.params),
      },
    },
  });
  await broker.start();
  return { address: String(broker.registry.nodes.localNode.port) };
}

export async function open(address: string, job: Job): Promise<PeerClient> {
  const broker = createBroker("client", [`tcp://127.0.0.1:${address}/server`]);
  await broker.start();
  await broker.waitForServices("greeter");
  return unaryClient(job, {
    hello: (input) => broker.call("greeter.hello", input),
    order: (input) => broker.call("greeter.order", input),
  });
}

function createBroker(nodeID: string, urls: string[]) {
  const broker = new ServiceBroker({
    nodeID,
    logger: false,
    transporter: { type: "TCP", options: { udpDiscovery: false, urls } },
  });
  // What a node tells others about itself; the name of the machine may not lead to the loopback interface.
  broker.registry.nodes.localNode.hostname = "127.0.0.1";
  return broker;
}
