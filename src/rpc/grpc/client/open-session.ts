/** Connects to a server that speaks HTTP/2, in clear or over TLS. */
import { type ClientHttp2Session, connect } from "node:http2";
import type { Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";

import type { Clock } from "../../../core/clock.ts";
import { ReefError } from "../../../core/errors.ts";
import { formatGrpcAddress, type GrpcAddress } from "../../address.ts";
import {
  connectTimeoutMs,
  neverExecuted,
  openSocket,
  reasonOf,
  unreachable,
} from "../../open-socket.ts";
import type { GrpcClientLimits } from "./limits.ts";

export interface OpenSessionOptions {
  readonly clock: Clock;
  readonly limits: GrpcClientLimits;
  /** Authorities that vouch for the server, in PEM. */
  readonly ca?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * A connection whose far side has said that it speaks HTTP/2.
 * @throws {ReefError} `unavailable` when nobody listens there, or it speaks something else; never executed
 */
export async function openSession(
  address: GrpcAddress,
  options: OpenSessionOptions,
): Promise<ClientHttp2Session> {
  const { limits } = options;
  const plain = await openSocket({ ...address, kind: "tcp" }, options);
  const socket = address.secure ? await secured(plain, address, options) : plain;
  const session = connect(originOf(address), {
    createConnection: () => socket,
    settings: { enablePush: false, maxHeaderListSize: limits.headerBytes },
    maxSessionMemory: limits.sessionMegabytes,
  });
  return within(address, options, (resolve, reject) => {
    session.once("remoteSettings", () => resolve(session));
    session.once("error", (error) => reject(strange(address, error)));
    session.once("close", () => reject(strange(address)));
    return () => session.destroy();
  });
}

/** The authority of requests, and what a certificate is held against. */
function originOf({ host, port, secure }: GrpcAddress): string {
  const name = host.includes(":") ? `[${host}]` : host;
  return `${secure ? "https" : "http"}://${name}:${port}`;
}

function secured(
  socket: Socket,
  address: GrpcAddress,
  options: OpenSessionOptions,
): Promise<TLSSocket> {
  const { host } = address;
  const secure = connectTls({
    socket,
    host,
    ALPNProtocols: ["h2"],
    // A name of a host; addresses are not sent.
    ...(/[a-z]/i.test(host) && !host.includes(":") && { servername: host }),
    ...(options.ca !== undefined && { ca: options.ca }),
  });
  return within(address, options, (resolve, reject) => {
    secure.once("secureConnect", () => {
      if (secure.alpnProtocol === "h2") resolve(secure);
      else reject(strange(address));
    });
    secure.once("error", (error) =>
      reject(unreachable(formatGrpcAddress(address), error.message, error)),
    );
    return () => secure.destroy();
  });
}

/** What begins, in time or not at all. */
function within<T>(
  address: GrpcAddress,
  { clock, signal }: OpenSessionOptions,
  begin: (resolve: (value: T) => void, reject: (error: ReefError) => void) => () => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = begin(
      (value) => {
        finish();
        resolve(value);
      },
      (error) => {
        finish();
        stop();
        reject(error);
      },
    );
    const timer = clock.after(connectTimeoutMs, () => {
      finish();
      stop();
      reject(unreachable(formatGrpcAddress(address), `no answer within ${connectTimeoutMs} ms`));
    });
    const aborted = () => {
      finish();
      stop();
      reject(neverExecuted(ReefError.from(signal?.reason)));
    };
    function finish(): void {
      timer.cancel();
      signal?.removeEventListener("abort", aborted);
    }
    signal?.addEventListener("abort", aborted, { once: true });
    if (signal?.aborted) aborted();
  });
}

function strange(address: GrpcAddress, cause?: Error): ReefError {
  const reason = cause ? ` (${reasonOf(cause)})` : "";
  return unreachable(formatGrpcAddress(address), `it does not speak HTTP/2${reason}`, cause);
}
