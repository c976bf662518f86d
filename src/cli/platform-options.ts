/** What the commands have in common that start the platform, or a part of it, in this process. */
import type { Logger } from "../core/log.ts";
import { backendOf, backendOption } from "./backend-option.ts";
import type { CommandContext, IntegerOption, TextOption } from "./command.ts";

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
    description: "Address that the gateway and the proxy listen on",
  } satisfies TextOption,
  origin: {
    type: "text",
    placeholder: "URL",
    list: true,
    description: "A site whose pages may call the gateway and the proxy, https://shop.example",
  } satisfies TextOption,
  backend: backendOption,
} as const;

interface Given {
  readonly port: number;
  readonly "proxy-port": number | undefined;
  readonly host: string;
  readonly origin: readonly string[];
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
    origins: origin,
    backend: backendOf(context, backend),
    log: await logOf(context),
    signal: context.signal,
  };
}

async function logOf({ stderr, globals }: CommandContext): Promise<Logger> {
  const { createLogger } = await import("../core/log.ts");
  return createLogger({
    write: (line) => void stderr.write(`${line}\n`),
    plain: !globals.json,
  });
}
