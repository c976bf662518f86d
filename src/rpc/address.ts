/**
 * Where a node listens: `unix:/run/reef/greeter.sock` or `tcp://127.0.0.1:7000`, and a program that speaks HTTP instead
 * of the native wire `http://127.0.0.1:8000`, and a server of gRPC that need not be ours `grpc://127.0.0.1:50051`.
 */
import { ReefError } from "../core/errors.ts";

export type Address =
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "tcp"; readonly host: string; readonly port: number };

/** The place of a server of gRPC. */
export interface GrpcAddress {
  readonly host: string;
  readonly port: number;
  /** Over TLS. */
  readonly secure: boolean;
}

export type TcpAddress = Extract<Address, { kind: "tcp" }>;

/** Beside this a new socket waits to be renamed: a dot and six hexadecimal digits. */
export const unixSuffixBytes = 7;

/** What a kernel takes as the path of a Unix socket (Linux 108, macOS 104), less the final zero and the suffix. */
export const unixPathBytesMax = 104 - 1 - unixSuffixBytes;

/** @throws {ReefError} `invalid_argument` when it is neither form, or a Unix path that no kernel takes */
export function parseAddress(text: string): Address {
  if (text.startsWith("unix:")) return parseUnix(text);
  return parseHostAndPort(text, "tcp");
}

/**
 * The place of a program that speaks HTTP; undefined for an address of another form, be it right or wrong.
 * @throws {ReefError} `invalid_argument` when it begins like one and has no host and port
 */
export function parseHttpAddress(text: string): TcpAddress | undefined {
  return text.startsWith("http:") ? parseHostAndPort(text, "http") : undefined;
}

/**
 * The place of a server of gRPC; undefined for an address of another form, be it right or wrong.
 * @throws {ReefError} `invalid_argument` when it begins like one and has no host and port
 */
export function parseGrpcAddress(text: string): GrpcAddress | undefined {
  const scheme = /^grpcs?(?=:)/.exec(text)?.[0];
  if (scheme === undefined) return undefined;
  const { host, port } = parseHostAndPort(text, scheme);
  return { host, port, secure: scheme === "grpcs" };
}

export function formatGrpcAddress({ host, port, secure }: GrpcAddress): string {
  return formatAddress({ kind: "tcp", host, port }).replace("tcp:", secure ? "grpcs:" : "grpc:");
}

export function formatAddress(address: Address): string {
  if (address.kind === "unix") return `unix:${address.path}`;
  const host = address.host.includes(":") ? `[${address.host}]` : address.host;
  return `tcp://${host}:${address.port}`;
}

export function formatHttpAddress(address: TcpAddress): string {
  return formatAddress(address).replace("tcp:", "http:");
}

/** This machine, under names that cannot mean another one: nobody reaches from outside what listens there. */
export function isLoopback(host: string): boolean {
  return /^127(\.\d{1,3}){3}$/.test(host) || host === "localhost" || host === "::1";
}

function parseHostAndPort(text: string, scheme: string): TcpAddress {
  const match = /^(tcp|http|grpcs?):\/\/(\[[0-9a-f:.]+\]|[^\s:/]+):(\d{1,5})$/i.exec(text);
  const host = match?.[2]?.replace(/^\[|\]$/g, "");
  const port = Number(match?.[3]);
  if (match?.[1]?.toLowerCase() !== scheme || host === undefined || !(port <= 65_535)) {
    throw new ReefError(
      "invalid_argument",
      `Cannot use the address "${text}": it is "unix:/path" or "tcp://host:port", ` +
        '"http://host:port" for a program that speaks HTTP, "grpc://host:port" or "grpcs://" for a server of gRPC',
      { maybeExecuted: false },
    );
  }
  return { kind: "tcp", host, port };
}

function parseUnix(text: string): Address {
  const path = text.slice("unix:".length);
  const bytes = Buffer.byteLength(path);
  if (!path.startsWith("/") || path.includes("\0")) {
    throw new ReefError(
      "invalid_argument",
      `Cannot use the address "${text}": the path is not absolute`,
      {
        maybeExecuted: false,
      },
    );
  }
  if (bytes > unixPathBytesMax) {
    throw new ReefError(
      "invalid_argument",
      `Cannot use the address "${text}": a Unix socket path has at most ${unixPathBytesMax} bytes, this one ${bytes}; choose a shorter folder`,
      { maybeExecuted: false },
    );
  }
  return { kind: "unix", path };
}
