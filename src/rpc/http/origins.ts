/** Whose pages may call a port of this machine: its own, and those of the sites that were named. */
import { checkOrigins } from "./check-origins.ts";
import { refusal } from "./problem.ts";

/** What a browser says of the page that makes a request. */
export interface PageHeaders {
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly fetchSite: string | undefined;
}

export class Origins {
  readonly #allowed: ReadonlySet<string>;

  /**
   * Sites whose pages may call: `https://shop.example`.
   * @throws {ReefError} `invalid_argument` for what is no origin
   */
  constructor(origins: readonly string[]) {
    checkOrigins(origins);
    this.#allowed = new Set(origins);
  }

  /**
   * The origin that the answer must name for its browser to show it to the page; undefined for everybody else. The host
   * was checked before.
   * @throws {ReefError} the refusal `forbidden_origin`
   */
  check({ host, origin, fetchSite }: PageHeaders): string | undefined {
    if (origin !== undefined) {
      if (this.#allowed.has(origin)) return origin;
      // Our own pages.
      if (origin === `http://${host}` || origin === `https://${host}`) return undefined;
      throw refusal(
        "forbidden_origin",
        `Cannot accept calls of pages of ${JSON.stringify(origin)}: ` +
          `add it to the setting "origins", "reef server --origin", to allow them`,
      );
    }
    // Browsers send no Origin with an image, a link or a script, but they do say where it stands.
    if (fetchSite === undefined || fetchSite === "none" || fetchSite === "same-origin") {
      return undefined;
    }
    throw refusal("forbidden_origin", "Cannot accept a request that a page of another site made");
  }
}
