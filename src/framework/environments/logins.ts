/** The logins of a person, one file for each environment. Whoever can read one is that person there. */
import { readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { ReefError } from "../../core/errors.ts";
import { configFolder, writePrivate } from "./config-folder.ts";

export interface Login {
  /** Of the platform that gave it: it is shown to no other one. */
  readonly url: string;
  /** `user:ann`. */
  readonly account: string;
  readonly namespace: string;
  readonly accessToken: string;
  /** Of the access token, in milliseconds since 1970. */
  readonly expiresMs: number;
  /** When another one is asked for, while this one is still good. */
  readonly renewMs: number;
  readonly refreshToken: string;
}

const texts = ["url", "account", "namespace", "accessToken", "refreshToken"] as const;

export class Logins {
  readonly #folder: string | undefined;

  constructor(env: { readonly [name: string]: string | undefined }) {
    const folder = configFolder(env);
    this.#folder = folder && join(folder, "logins");
  }

  /** Also what the lock is named after. */
  pathOf(environment: string): string {
    if (this.#folder !== undefined) return join(this.#folder, `${environment}.json`);
    const text = "Cannot keep a login: neither HOME nor XDG_CONFIG_HOME is set; set one of them";
    throw new ReefError("failed_precondition", text, { maybeExecuted: false });
  }

  /**
   * Undefined where nobody is logged in, or was at another address.
   * @throws {ReefError} `data_loss` for what cannot be understood, `failed_precondition` for what others can read
   */
  async read({ name, url }: Named): Promise<Login | undefined> {
    const path = this.pathOf(name);
    const text = await readFile(path, "utf8").catch(notThere);
    if (text === undefined) return undefined;
    const { mode } = await stat(path);
    if ((mode & 0o077) !== 0) {
      const others = `others may read it (mode ${(mode & 0o777).toString(8)})`;
      const next = `chmod 600 it, or log in again with "reef login --env ${name}"`;
      throw new ReefError("failed_precondition", `Cannot use ${path}: ${others}; ${next}`);
    }
    const login = loginOf(text);
    if (!login) {
      const next = `log in again with "reef login --env ${name}"`;
      throw new ReefError("data_loss", `Cannot read ${path}: it is no login; ${next}`);
    }
    return login.url === url ? login : undefined;
  }

  async write({ name }: Named, login: Login): Promise<void> {
    await writePrivate(this.pathOf(name), `${JSON.stringify(login)}\n`);
  }

  async forget(name: string): Promise<void> {
    await rm(this.pathOf(name), { force: true });
  }
}

interface Named {
  readonly name: string;
  readonly url: string;
}

function loginOf(text: string): Login | undefined {
  try {
    const given: unknown = JSON.parse(text);
    if (typeof given !== "object" || given === null) return undefined;
    // What is missing is seen in the next line.
    const login = given as Login;
    const isWhole = texts.every((key) => typeof login[key] === "string");
    const areTimes = Number.isFinite(login.expiresMs) && Number.isFinite(login.renewMs);
    return isWhole && areTimes ? login : undefined;
  } catch {
    return undefined;
  }
}

function notThere(error: NodeJS.ErrnoException): undefined {
  if (error.code === "ENOENT") return undefined;
  throw error;
}
