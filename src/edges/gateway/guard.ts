/**
 * Who may talk to the gateway at all, decided before the path is looked at.
 *
 * A web page must not be able to call services of the machine that shows it. So `Host` has to be a name that we know (a
 * name that was rebound to 127.0.0.1 is still the attacker's name), and a request that a browser marks as made by
 * another site needs an allowed `Origin`. Bodies are JSON only (`read-body.ts`), which a form cannot send.
 */
import type { IncomingMessage } from "node:http";
import { HostNames } from "../../rpc/http/host-names.ts";
import { Origins } from "../../rpc/http/origins.ts";
import { refusal } from "../../rpc/http/problem.ts";
import type { Certificate } from "../../rpc/secure-sockets.ts";

export interface GuardOptions {
  /** Names by which the gateway may be called beside the loopback names; without port. */
  readonly hosts: readonly string[];
  /** Of the port; its names are known, too. @default it has none */
  readonly certificate?: Certificate | undefined;
  /** Sites whose pages may call: `https://shop.example`. */
  readonly origins: readonly string[];
  readonly headersMax: number;
}

export class Guard {
  readonly #hosts: HostNames;
  readonly #origins: Origins;
  readonly #headersMax: number;

  constructor({ hosts, certificate, origins, headersMax }: GuardOptions) {
    this.#hosts = new HostNames(hosts, certificate);
    this.#origins = new Origins(origins);
    this.#headersMax = headersMax;
  }

  /**
   * The origin that the answer must name for its browser to show it to the page; undefined for everybody else.
   * @throws {ReefError} a refusal
   */
  check(request: IncomingMessage): string | undefined {
    this.#checkHeaders(request.rawHeaders);
    this.#hosts.check(request.headers.host);
    const { host, origin, "sec-fetch-site": fetchSite } = request.headers;
    // Node joins lines of this header that should be there once, which is then nobody's word.
    return this.#origins.check({ host, origin, fetchSite: fetchSite?.toString() });
  }

  /** Node keeps the first of two `Host` lines, another server the last: who sends both wants one of them fooled. */
  #checkHeaders(raw: readonly string[]): void {
    if (raw.length > 2 * this.#headersMax) {
      throw refusal(
        "header_too_large",
        `Cannot read the request: the limit is ${this.#headersMax} headers, these are ${raw.length / 2}`,
      );
    }
    let seen = 0;
    for (let index = 0; index < raw.length; index += 2) {
      const name = raw[index] ?? "";
      const bit = singleBit(name);
      if ((seen & bit) !== 0) {
        throw refusal("bad_request", `Cannot read the request: "${name}" is there twice`);
      }
      seen |= bit;
    }
  }
}

/** A bit for each header of which node silently keeps the first only, 0 for all others. */
function singleBit(name: string): number {
  // Nearly all names end here, without a copy in lower case.
  if (name.length !== 4 && name.length !== 6 && name.length !== 12) return 0;
  const lower = name.toLowerCase();
  if (lower === "host") return 1;
  if (lower === "origin") return 2;
  return lower === "content-type" ? 4 : 0;
}
