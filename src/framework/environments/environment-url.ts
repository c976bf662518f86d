/** How the address of another platform is written: the URL of its proxy. */
import { ReefError } from "../../core/errors.ts";
import { formatGrpcAddress, type GrpcAddress, isLoopback } from "../../rpc/address.ts";

export interface EnvironmentUrl {
  /** As it is shown: `https://staging.example:8081`. */
  readonly url: string;
  /** As it is connected to: `grpcs://staging.example:8081`. */
  readonly address: string;
  readonly secure: boolean;
}

export interface EnvironmentUrlOptions {
  /** In clear through a network: whoever listens there reads along. @default false */
  readonly insecure?: boolean;
}

/** What the proxy listens on when nobody says otherwise. */
const proxyPort = 8081;

/**
 * `https://host`, `host:port`, `http://127.0.0.1:8081`, also with the schemes of gRPC. Without a scheme it is TLS,
 * unless it is this machine.
 * @throws {ReefError} `invalid_argument` for what is no such URL, and for one in clear that is not `insecure`
 */
export function parseEnvironmentUrl(
  text: string,
  { insecure = false }: EnvironmentUrlOptions = {},
): EnvironmentUrl {
  const parsed = parse(text);
  if (!parsed.secure && !insecure && !isLoopback(parsed.host)) {
    throw refused(text, "what is sent would be readable on the way", "write https://");
  }
  const address = formatGrpcAddress(parsed);
  return { url: address.replace(/^grpc/, "http"), address, secure: parsed.secure };
}

function parse(text: string): GrpcAddress {
  const [, scheme = "", rest = ""] = /^(?:(https?|grpcs?):\/\/)?(.*)$/is.exec(text) ?? [];
  const url = URL.canParse(`http://${rest}`) ? new URL(`http://${rest}`) : undefined;
  const next = "write https://HOST:PORT, the address of its proxy";
  if (!url || url.hostname === "") throw refused(text, "it is no URL", next);
  if (url.username !== "" || url.password !== "") {
    throw refused(
      "***",
      "a name or secret in it would be kept",
      'leave it out and use "reef login"',
    );
  }
  if (url.pathname !== "/" || url.search !== "" || url.hash !== "") {
    throw refused(text, "there is something behind the port", next);
  }
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const secure = scheme === "" ? !isLoopback(host) : /s$/i.test(scheme);
  // URL leaves out what is usual for HTTP, which was written all the same.
  const given = /:(\d+)\/?$/.exec(rest)?.[1];
  const usual = scheme.toLowerCase() === "https" ? 443 : proxyPort;
  return { host, port: given === undefined ? usual : Number(given), secure };
}

function refused(text: string, rule: string, next: string): ReefError {
  return new ReefError(
    "invalid_argument",
    `Cannot use ${JSON.stringify(text)} as an environment: ${rule}; ${next}`,
    { maybeExecuted: false },
  );
}
