/** What the platform tells a program that it starts: the `REEF_*` variables, read once. */
import { ReefError } from "../core/errors.ts";

export interface Environment {
  /** Address of the platform, `unix:/.../control.sock`. */
  readonly platform: string | undefined;
  /** Which start of which service this process is; the runtime knows it as ready by this. */
  readonly instance: string | undefined;
  /** Under which the runtime runs this program; it is the same after a restart. */
  readonly name: string | undefined;
  readonly namespace: string;
  /** The file that says who this program is; it is kept fresh by the platform. */
  readonly identity: string | undefined;
  /** Folder for the socket that this program listens on. */
  readonly sockets: string | undefined;
  /** A port to listen on besides, for those who are not on this machine's platform. */
  readonly port: number | undefined;
  /**
   * Under `NODE_ENV=test` and in Node's test runner no platform is joined by itself: a test that talks to a developer's
   * services is no test.
   */
  readonly test: boolean;
}

/** @throws {ReefError} `invalid_argument` when `PORT` is not a port */
export function readEnvironment(env: NodeJS.ProcessEnv = process.env): Environment {
  return {
    platform: env["REEF_PLATFORM"] || undefined,
    instance: env["REEF_INSTANCE"] || undefined,
    name: env["REEF_NAME"] || undefined,
    namespace: env["REEF_NAMESPACE"] || "default",
    identity: env["REEF_IDENTITY"] || undefined,
    sockets: env["REEF_SOCKETS"] || undefined,
    port: parsePort(env["PORT"]),
    test: env["NODE_ENV"] === "test" || env["NODE_TEST_CONTEXT"] !== undefined,
  };
}

function parsePort(text: string | undefined): number | undefined {
  if (text === undefined || text === "") return undefined;
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new ReefError(
    "invalid_argument",
    `Cannot use PORT="${text}": a port is a number from 0 to 65535`,
    {
      maybeExecuted: false,
    },
  );
}
