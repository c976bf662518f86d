/**
 * The names by which a port of this machine may be called. A page whose name was rebound to 127.0.0.1 reaches the port,
 * but it says its own name in `Host`.
 */
import type { Certificate } from "../secure-sockets.ts";
import { refusal } from "./problem.ts";

/** They lead to this machine wherever they are resolved, so no other site can own them. */
const loopbackNames = ["localhost", "127.0.0.1", "[::1]"];

export class HostNames {
  readonly #known: ReadonlySet<string>;
  readonly #certificate: Pick<Certificate, "isFor"> | undefined;

  /**
   * Names beside those of loopback, without port; and those that a certificate is for, which a page under another name
   * cannot have.
   */
  constructor(hosts: readonly string[], certificate?: Pick<Certificate, "isFor">) {
    this.#known = new Set([...loopbackNames, ...hosts.map((host) => host.toLowerCase())]);
    this.#certificate = certificate;
  }

  /** @throws {ReefError} the refusals `bad_request` and `misdirected` */
  check(host: string | undefined): void {
    if (host === undefined) {
      throw refusal("bad_request", "Cannot read the request: it has no Host header");
    }
    const name = withoutPort(host);
    if (this.#known.has(name) || this.#known.has(name.toLowerCase())) return;
    if (this.#certificate?.isFor(name)) return;
    throw refusal(
      "misdirected",
      `Cannot answer for ${JSON.stringify(host)}: this port is known as ` +
        `${loopbackNames.join(", ")} and the names in its ` +
        (this.#certificate ? "certificate" : 'setting "hosts"'),
    );
  }
}

/** `localhost:8080` and `[::1]:8080` without their port; anything odd is left as it is and then known to nobody. */
function withoutPort(host: string): string {
  const colon = host.lastIndexOf(":");
  if (colon === -1 || host.endsWith("]")) return host;
  for (let index = colon + 1; index < host.length; index++) {
    const code = host.charCodeAt(index);
    if (code < 0x30 || code > 0x39) return host;
  }
  return host.slice(0, colon);
}
