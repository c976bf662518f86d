/**
 * One connection. The library would make a lost one again behind our back, without its session, and waits for ever for
 * a server that says nothing; so each connection is a client of its own, has one socket in its life, and is given up as
 * a whole.
 */
import { connect, Socket } from "node:net";
import type { Clock } from "../../core/clock.ts";
import type { CreateClient, LibraryClient, Rows, Value } from "./library.ts";
import type { ServerUrl } from "./server-url.ts";
import { beginSession, type SessionOptions, type Survives } from "./session.ts";

/** Runs one statement. What its columns are the statement says; nobody else can know. */
export type Run = <R>(text: string, values?: readonly Value[]) => Promise<Rows<R>>;

export interface LinkOptions extends SessionOptions, Pick<ServerUrl, "url" | "socketFolder"> {
  readonly createClient: CreateClient;
  readonly clock: Clock;
}

/** A server that is there answers at once, also one that is busy; one that is stopped never does. */
const connectTimeoutMs = 1_000;

/** Where the library wants a socket to. */
interface Target {
  readonly path: string | false;
  readonly host: readonly string[];
  readonly port: readonly number[];
}

export class Link {
  readonly #client: LibraryClient;
  #socket: Socket | undefined;
  #closing = false;
  #lost = false;
  #survives: Survives = "process";

  /** @throws what the library throws */
  static async open(options: LinkOptions): Promise<Link> {
    const { clock } = options;
    const link = new Link(options);
    const silence = Promise.withResolvers<never>();
    const timer = clock.after(connectTimeoutMs, () => silence.reject(timedOut()));
    try {
      link.#survives = await Promise.race([beginSession(link.run, options), silence.promise]);
      return link;
    } catch (error) {
      link.close();
      throw error;
    } finally {
      timer.cancel();
    }
  }

  private constructor({ url, socketFolder, createClient }: LinkOptions) {
    this.#client = createClient(url, {
      ...(socketFolder !== undefined && { host: socketFolder }),
      max: 1,
      idle_timeout: 0,
      max_lifetime: 0,
      // A timer of the library's own would end the process's rest; ours is below.
      connect_timeout: 0,
      fetch_types: false,
      connection: { application_name: "reef" },
      types: { int8: { to: 20, from: [20], serialize: String, parse: Number } },
      onnotice: () => {},
      onclose: () => (this.#lost = true),
      socket: (target: Target) => this.#open(target),
    });
  }

  /** Of no use any more. */
  get closed(): boolean {
    return this.#closing || this.#lost;
  }

  /** What the server says of itself. */
  get survives(): Survives {
    return this.#survives;
  }

  readonly run: Run = async <R>(text: string, values: readonly Value[] = []) => {
    const rows = await this.#client.unsafe(text, values, { prepare: values.length > 0 });
    return rows as Rows<R>;
  };

  /** What is under way fails. The library goes first: a socket that is gone already it would write to once more. */
  close(): void {
    if (this.#closing) return;
    this.#closing = true;
    void this.#client.end({ timeout: 0 }).then(() => this.#socket?.destroy());
  }

  /** The socket may still connect when it is given away: it keeps what is written until then. */
  #open({ path, host, port }: Target): Socket {
    if (this.#socket !== undefined || this.#closing) {
      const none = new Socket();
      // Behind the listeners that the library adds to what it is given.
      setImmediate(() => none.destroy(ended()));
      return none;
    }
    const [at = "localhost"] = host;
    const [on = 5432] = port;
    this.#socket = path ? connect(path) : connect(on, at);
    this.#socket.setNoDelay(true);
    // Its certificate is compared with the name by which it was called.
    Object.assign(this.#socket, { host: at, port: on });
    return this.#socket;
  }
}

function ended(): Error {
  return Object.assign(new Error("the connection was given up"), { code: "CONNECTION_ENDED" });
}

function timedOut(): Error {
  return Object.assign(new Error("the server does not answer"), { code: "ETIMEDOUT" });
}
