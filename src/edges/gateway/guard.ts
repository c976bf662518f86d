/**
 * Who may talk to the gateway at all, decided before the path is looked at.
 *
 * A web page must not be able to call services of the machine that shows it. So `Host` has to be a name that we know (a
 * name that was rebound to 127.0.0.1 is still the attacker's name), and a request that a browser marks as made by
 * another site needs an allowed `Origin`. Bodies are JSON only (`read-body.ts`), which a form cannot send.
 */
import type { IncomingMessage } from "node:http";
import { ReefError } from "../../core/errors.ts";
import { HostNames } from "../../rpc/http/host-names.ts";
import { refusal } from "../../rpc/http/problem.ts";

export interface GuardOptions {
  /** Names by which the gateway may be called beside the loopback names; without port. */
  readonly hosts: readonly string[];
  /** Sites whose pages may call: `https://shop.example`. */
  readonly origins: readonly string[];
  readonly headersMax: number;
}

export class Guard {
  readonly #hosts: HostNames;
  readonly #origins: ReadonlySet<string>;
  readonly #headersMax: number;

  constructor({ hosts, origins, headersMax }: GuardOptions) {
    this.#hosts = new HostNames(hosts);
    this.#origins = new Set(origins.map(parseOrigin));
    this.#headersMax = headersMax;
  }

  /**
   * The origin that the answer must name for its browser to show it to the page; undefined for everybody else.
   * @throws {ReefError} a refusal
   */
  check(request: IncomingMessage): string | undefined {
    this.#checkHeaders(request.rawHeaders);
    this.#hosts.check(request.headers.host);
    return this.#checkOrigin(request);
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

  #checkOrigin({ headers }: IncomingMessage): string | undefined {
    const { origin } = headers;
    if (origin !== undefined) {
      if (this.#origins.has(origin)) return origin;
      // Our own pages; the host was checked before.
      if (origin === `http://${headers.host}` || origin === `https://${headers.host}`) {
        return undefined;
      }
      throw refusal(
        "forbidden_origin",
        `Cannot accept calls of pages of ${JSON.stringify(origin)}: ` +
          `add it to the setting "origins" to allow them`,
      );
    }
    // Browsers send no Origin with an image, a link or a script, but they do say where it stands.
    const site = headers["sec-fetch-site"];
    if (site === undefined || site === "none" || site === "same-origin") return undefined;
    throw refusal("forbidden_origin", "Cannot accept a request that a page of another site made");
  }
}

function parseOrigin(origin: string): string {
  if (URL.canParse(origin) && new URL(origin).origin === origin) return origin;
  throw new ReefError(
    "invalid_argument",
    `Cannot allow the origin "${origin}": it must be scheme, host and port only; ` +
      `write it like "https://shop.example"`,
  );
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
