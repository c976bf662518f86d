/** Opens the way to a node, whatever it speaks. */
import { parseHttpAddress } from "./address.ts";
import { openHttpTransport } from "./http/http-transport.ts";
import type { Transport } from "./transport.ts";
import { type ConnectOptions, openConnection } from "./wire/connect.ts";

/**
 * The native wire, or HTTP to a program that speaks nothing else.
 * @throws {ReefError} `unavailable` (never executed) when nobody listens there; `invalid_argument` for no address
 */
export async function openTransport(
  address: string,
  options: ConnectOptions = {},
): Promise<Transport> {
  const http = parseHttpAddress(address);
  if (!http) return openConnection(address, options);
  const { clock, signal } = options;
  return openHttpTransport(http, { ...(clock && { clock }), signal });
}
