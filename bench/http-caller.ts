/**
 * A load generator for HTTP that is cheaper than what it measures: requests as bytes on kept connections, one at a time
 * on each, and just enough reading to find the body of an answer.
 */
import { once } from "node:events";
import { connect, type Socket } from "node:net";

const headEnd = "\r\n\r\n";

export class HttpCaller {
  readonly #url: URL;
  readonly #idle: Connection[] = [];

  readonly #headers: string;

  /** `headers` go with every request. */
  constructor(url: string, headers: { readonly [name: string]: string } = {}) {
    this.#url = new URL(url);
    this.#headers = Object.entries(headers)
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join("");
  }

  /** The parsed JSON that answers a `POST`; rejects for every status but 200. */
  async post(path: string, input: unknown): Promise<unknown> {
    const connection = this.#takeIdle() ?? (await openConnection(this.#url));
    const body = JSON.stringify(input);
    const head = `POST ${path} HTTP/1.1\r\nHost: ${this.#url.host}\r\nContent-Type: application/json\r\n`;
    const length = `${this.#headers}Content-Length: ${Buffer.byteLength(body)}`;
    const answer = await connection.exchange(head + length + headEnd + body);
    this.#idle.push(connection);
    return JSON.parse(answer);
  }

  /** What was idle for too long its server has closed: a request on it would wait for ever. */
  #takeIdle(): Connection | undefined {
    let connection = this.#idle.pop();
    while (connection?.isClosed) connection = this.#idle.pop();
    return connection;
  }
}

async function openConnection({ hostname, port }: URL): Promise<Connection> {
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  await once(socket, "connect");
  return new Connection(socket);
}

class Connection {
  readonly #socket: Socket;
  #received = "";
  #resolve: ((body: string) => void) | undefined;
  #reject: ((error: Error) => void) | undefined;

  get isClosed(): boolean {
    return this.#socket.destroyed || !this.#socket.writable;
  }

  constructor(socket: Socket) {
    this.#socket = socket;
    // Names and answers of the work are ASCII, so that characters are bytes.
    socket.setEncoding("latin1");
    socket.on("data", (text: string) => this.#read(text));
    socket.on("error", (error) => this.#reject?.(error));
    socket.on("close", () => this.#reject?.(new Error("The connection has closed")));
  }

  exchange(request: string): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      this.#socket.write(request, "latin1");
    });
  }

  #read(text: string): void {
    this.#received += text;
    const end = this.#received.indexOf(headEnd);
    if (end < 0) return;
    const head = this.#received.slice(0, end);
    const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
    const body = this.#received.slice(end + headEnd.length);
    if (length !== undefined && body.length < Number(length)) return;
    this.#received = "";
    if (head.startsWith("HTTP/1.1 200 ") && length !== undefined) this.#resolve?.(body);
    else this.#reject?.(new Error(`Unexpected answer: ${head} ${body}`));
  }
}
