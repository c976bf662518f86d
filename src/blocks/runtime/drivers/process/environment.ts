/** The variables that a service sees. What is not listed here, or given to `run`, stays with the platform. */
import { ReefError } from "../../../../core/errors.ts";

export type Environment = { readonly [name: string]: string | undefined };

/**
 * What any program needs to find its home, tools, language, certificates and the way out. Everything else of the
 * platform's own environment may be a secret of the platform: a database password, a cloud key.
 */
const inherited = `
  PATH HOME USER LOGNAME SHELL TMPDIR TZ
  LANG LANGUAGE LC_ALL LC_CTYPE LC_MESSAGES LC_NUMERIC LC_TIME
  NODE_ENV NODE_EXTRA_CA_CERTS SSL_CERT_FILE SSL_CERT_DIR
  NO_COLOR FORCE_COLOR`
  .trim()
  .split(/\s+/);

export interface ServiceEnvironment {
  /** The platform's own variables. */
  readonly outer: Environment;
  /** What `run` was given. */
  readonly given: { readonly [name: string]: string };
  readonly platform: string;
  readonly instance: string;
  readonly namespace: string;
  readonly name: string;
  readonly socketsFolder: string;
  /** The file that proves who it is; what is in it never is a variable, which others can see. */
  readonly identity: string | undefined;
  /** Where Node keeps compiled code between starts: the second start of a program is much faster. */
  readonly cacheFolder: string;
}

/** What a program of this machine gets of the platform's own variables. */
export function inheritedFrom(outer: Environment): { [name: string]: string } {
  const environment: { [name: string]: string } = {};
  for (const name of inherited) {
    const value = outer[name];
    if (value !== undefined) environment[name] = value;
  }
  return environment;
}

export function environmentOf(service: ServiceEnvironment): { [name: string]: string } {
  return {
    ...inheritedFrom(service.outer),
    NODE_COMPILE_CACHE: service.cacheFolder,
    ...service.given,
    REEF_PLATFORM: service.platform,
    REEF_INSTANCE: service.instance,
    REEF_NAMESPACE: service.namespace,
    REEF_NAME: service.name,
    REEF_SOCKETS: service.socketsFolder,
    ...(service.identity !== undefined && { REEF_IDENTITY: service.identity }),
  };
}

/** @throws {ReefError} `invalid_argument` for a name that is none, or is ours */
export function checkEnvironment(given: { readonly [name: string]: string }): void {
  for (const [name, value] of Object.entries(given)) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      throw refused(`"${name}" is no name of a variable, use letters, digits and "_"`);
    }
    if (name.startsWith("REEF_")) {
      throw refused(`names that begin with REEF_ belong to the platform, and ${name} is one`);
    }
    if (value.includes("\0")) throw refused(`the value of ${name} has a NUL character`);
  }
}

function refused(rule: string): ReefError {
  return new ReefError("invalid_argument", `Cannot pass the variables: ${rule}`, {
    maybeExecuted: false,
  });
}
