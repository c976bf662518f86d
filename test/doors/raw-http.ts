/** Requests byte by byte, one after the other on one connection; another is opened when the far side closes it. */
import { connect, type Socket } from "node:net";

export interface RawAnswer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** Disposing it closes the connection. */
export class RawHttp implements Disposable {
  readonly #port: number;
  #socket: Socket | undefined;
  #received = "";
  #look: () => void = () => {};

  constructor(url: string) {
    this.#port = Number(new URL(url).port);
  }

  /** The head ends without an empty line; the answer of a stream or an upgrade is its head. */
  async ask(head: string, body = ""): Promise<RawAnswer> {
    const wasOpen = this.#socket !== undefined;
    const answer = await this.#askOnce(head, body);
    // The far side may have closed what was idle in the very moment of asking: clients ask anew then, and so does this.
    return wasOpen && answer.status === 0 ? await this.#askOnce(head, body) : answer;
  }

  /** The answer has status 0 when the far side closed without one. */
  async #askOnce(head: string, body: string): Promise<RawAnswer> {
    const socket = (this.#socket ??= this.#open());
    this.#received = "";
    const answered = new Promise<RawAnswer>((resolve) => {
      this.#look = () => {
        const answer = this.#read(socket, head.startsWith("HEAD "));
        if (answer) resolve(answer);
      };
    });
    const length = body === "" ? "" : `Content-Length: ${Buffer.byteLength(body, "latin1")}\r\n`;
    socket.write(`${head}\r\n${length}\r\n${body}`, "latin1");
    const answer = await answered;
    this.#look = () => {};
    const lasts = answer.status === 101 || isStream(answer.head);
    if (lasts || /^connection: close/im.test(answer.head)) this[Symbol.dispose]();
    return answer;
  }

  [Symbol.dispose](): void {
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  #open(): Socket {
    const socket = connect(this.#port, "127.0.0.1");
    socket.setNoDelay(true);
    socket.setEncoding("latin1");
    socket.on("error", () => socket.destroy());
    socket.on("data", (text: string) => {
      this.#received += text;
      this.#look();
    });
    socket.on("close", () => {
      if (this.#socket === socket) this.#socket = undefined;
      this.#look();
    });
    return socket;
  }

  /** Undefined while more has to come. */
  #read(socket: Socket, isHead: boolean): RawAnswer | undefined {
    // Somebody who waits with his body is told to go on; the answer comes behind it.
    this.#received = this.#received.replace(/^HTTP\/1\.1 100 .*\r\n\r\n/, "");
    const end = this.#received.indexOf("\r\n\r\n");
    if (end === -1) return socket.destroyed ? { status: 0, head: "", body: "" } : undefined;
    const head = this.#received.slice(0, end);
    const body = this.#received.slice(end + 4);
    if (/^transfer-encoding: chunked/im.test(head) && !isStream(head) && !socket.destroyed) {
      if (!body.endsWith("0\r\n\r\n")) return undefined;
    }
    const length = isHead ? 0 : Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
    if (body.length < length && !socket.destroyed) return undefined;
    return { status: Number(head.split(" ")[1]), head, body };
  }
}

/** It lasts, so it is not waited for. */
function isStream(head: string): boolean {
  return /^content-type: (text\/event-stream|application\/x-ndjson)/im.test(head);
}
