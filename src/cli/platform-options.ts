/** What the commands have in common that start the platform, or a part of it, in this process. */
import { resolve } from "node:path";
import type { Logger } from "../core/log.ts";
import type { TlsChoice } from "../server/tls/listening.ts";
import { backendOf, backendOption } from "./backend-option.ts";
import type {
  CommandContext,
  DurationOption,
  FlagOption,
  IntegerOption,
  TextOption,
} from "./command.ts";
import { usageError } from "./failure.ts";

export const platformOptions = {
  port: {
    type: "integer",
    placeholder: "PORT",
    minimum: 0,
    maximum: 65_535,
    default: 8080,
    description: "Port of the gateway; 0 takes a free one",
  } satisfies IntegerOption,
  "proxy-port": {
    type: "integer",
    placeholder: "PORT",
    minimum: 0,
    maximum: 65_535,
    description: "Port of the proxy, for gRPC; the one after that of the gateway if it is left out",
  } satisfies IntegerOption,
  host: {
    type: "text",
    placeholder: "ADDRESS",
    default: "127.0.0.1",
    description: "Where the gateway and the proxy listen; beyond this machine it takes TLS",
  } satisfies TextOption,
  "tls-cert": {
    type: "text",
    placeholder: "FILE",
    complete: "files",
    description: "Certificate (PEM) of the gateway and the proxy, with its chain",
  } satisfies TextOption,
  "tls-key": {
    type: "text",
    placeholder: "FILE",
    complete: "files",
    description: "Its key (PEM); both may be renewed while they are used",
  } satisfies TextOption,
  "tls-own": {
    type: "flag",
    description: "A certificate that the platform makes, by an authority of its own",
  } satisfies FlagOption,
  "tls-name": {
    type: "text",
    placeholder: "NAME",
    list: true,
    description: "With --tls-own: a name by which others call it",
  } satisfies TextOption,
  origin: {
    type: "text",
    placeholder: "URL",
    list: true,
    description: "A site whose pages may call the gateway and the proxy, https://shop.example",
  } satisfies TextOption,
  "rotate-keys": {
    type: "duration",
    placeholder: "TIME",
    minimum: 86_400_000,
    maximum: 31_622_400_000,
    description: "How long a key signs tokens until the next one does (default 30 days)",
  } satisfies DurationOption,
  backend: backendOption,
} as const;

interface Given {
  readonly port: number;
  readonly "proxy-port": number | undefined;
  readonly host: string;
  readonly "tls-cert": string | undefined;
  readonly "tls-key": string | undefined;
  readonly "tls-own": boolean;
  readonly "tls-name": readonly string[];
  readonly origin: readonly string[];
  readonly "rotate-keys": number | undefined;
  readonly backend: string | undefined;
}

/** As `startServer` and `startPart` take them. */
export async function startOptions(context: CommandContext, given: Given) {
  const { port, "proxy-port": proxyPort, host, origin, backend } = given;
  return {
    state: context.globals.state,
    port,
    proxyPort,
    host,
    tls: tlsOf(context, given),
    origins: origin,
    keyPeriodMs: given["rotate-keys"],
    backend: backendOf(context, backend),
    log: await logOf(context),
    signal: context.signal,
  };
}

/** @throws a usage error for one file without the other, and for files beside a certificate of the platform's own */
function tlsOf({ folder }: CommandContext, given: Given): TlsChoice | undefined {
  const { "tls-cert": cert, "tls-key": key, "tls-own": own, "tls-name": names } = given;
  if (own && (cert ?? key) !== undefined) {
    throw usageError("Flag --tls-own is instead of --tls-cert and --tls-key");
  }
  if (!own && names.length > 0) throw usageError("Flag --tls-name belongs to --tls-own");
  if (own) return { own, names };
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined || key === undefined) {
    throw usageError(
      `Flag --tls-${cert === undefined ? "cert" : "key"} is missing beside the other`,
    );
  }
  return { cert: resolve(folder, cert), key: resolve(folder, key) };
}

async function logOf({ stderr, globals, env }: CommandContext): Promise<Logger> {
  const { createLogger, logLevelOf } = await import("../core/log.ts");
  return createLogger({
    level: logLevelOf(env),
    write: (line) => void stderr.write(`${line}\n`),
    plain: !globals.json,
  });
}
