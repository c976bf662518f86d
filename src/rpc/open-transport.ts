/** Opens the way to a node, whatever it speaks. */
import { parseGrpcAddress, parseHttpAddress } from "./address.ts";
import type { Transport } from "./transport.ts";
import { type ConnectOptions, openConnection } from "./wire/connect.ts";

export interface OpenTransportOptions extends ConnectOptions {
  /** Authorities that vouch for servers over TLS, in PEM. @default those that Node knows */
  readonly ca?: string | undefined;
}

/**
 * The native wire, gRPC to a server that need not be ours, or HTTP to a program that speaks nothing else.
 * @throws {ReefError} `unavailable` (never executed) when nobody listens there; `invalid_argument` for no address
 */
export async function openTransport(
  address: string,
  options: OpenTransportOptions = {},
): Promise<Transport> {
  const { clock, signal, ca } = options;
  const http = parseHttpAddress(address);
  if (http) {
    // Few programs call one that does not know reef, and all of them would load it when they start.
    const { openHttpTransport } = await import("./http/http-transport.ts");
    return openHttpTransport(http, { ...(clock && { clock }), signal });
  }
  const grpc = parseGrpcAddress(address);
  if (grpc) {
    const { openGrpcTransport } = await import("./grpc/client/grpc-transport.ts");
    return openGrpcTransport(grpc, { ...(clock && { clock }), ca, signal });
  }
  return openConnection(address, options);
}
