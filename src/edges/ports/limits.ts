/** What the clients of one public port may take. Each limit has a name, a default and the reason for it. */
import { type ForwardLimits, forwardLimits } from "../../rpc/http/forward/limits.ts";

export interface PortLimits extends ForwardLimits {
  /** Open connections to one port: beyond it a new one is closed at once. @default 4_096 */
  readonly clientsMax: number;
  /** Request line and headers together, as nginx and Apache allow. @default 16_384 */
  readonly headerBytesMax: number;
  /** From a connection's first byte to the end of the headers. @default 10_000 */
  readonly headersTimeoutMs: number;
  /** How long an idle connection waits for its next request. @default 5_000 */
  readonly keepAliveMs: number;
  /** Ports that are held at once. @default 1_000 */
  readonly portsMax: number;
  /** How often a port of a service that is gone is looked for, and one that was taken is tried again. @default 1_000 */
  readonly sweepMs: number;
  /** How long the requests of a port that is given up may go on. @default 2_000 */
  readonly drainMs: number;
}

export const portLimits: PortLimits = {
  ...forwardLimits,
  clientsMax: 4_096,
  headerBytesMax: 16_384,
  headersTimeoutMs: 10_000,
  keepAliveMs: 5_000,
  portsMax: 1_000,
  sweepMs: 1_000,
  drainMs: 2_000,
};
