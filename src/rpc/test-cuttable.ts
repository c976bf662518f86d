/** For tests: a way between a client and a server that they can break. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A way to a TCP address that breaks without a word. */
export async function openCuttable(address: string) {
  const { hostname: host, port } = new URL(address);
  const sockets = new Set<Socket>();
  const server = createServer((inside) => {
    const outside = connect(Number(port), host);
    for (const socket of [inside, outside]) {
      sockets.add(socket);
      socket.on("error", () => socket.destroy());
    }
    inside.pipe(outside);
    outside.pipe(inside);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  // A TCP server that listens has one.
  const own = server.address() as AddressInfo;
  const cut = () => sockets.forEach((socket) => socket.resetAndDestroy());
  return {
    address: `tcp://127.0.0.1:${own.port}`,
    cut,
    async [Symbol.asyncDispose]() {
      cut();
      server.close();
      await once(server, "close");
    },
  };
}
