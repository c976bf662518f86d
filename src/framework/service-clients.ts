/**
 * The clients that factories get. Services that are served together call each other in their process, whatever else is
 * there: it costs least, and they can finish each other's calls while they stop. All others are found by name.
 */
import type { Contract } from "../contract/contract.ts";
import { rangeOf } from "../contract/version-range.ts";
import { DeadlineSweep } from "../core/deadline.ts";
import { ReefError } from "../core/errors.ts";
import { anonymous, type Caller } from "../core/identity.ts";
import type { ClientCall } from "../rpc/client-call.ts";
import { type Client, createClient, type Route } from "../rpc/client.ts";
import type { RpcServer } from "../rpc/server.ts";
import type { Service } from "../rpc/service.ts";
import type { Platform } from "./platform.ts";

export interface ServiceClientsOptions {
  /** Those that are served together. */
  readonly services: readonly Service[];
  /** Without one, only those can be called. */
  readonly platform: Platform | undefined;
  readonly namespace: string;
}

export class ServiceClients implements Route {
  readonly #options: ServiceClientsOptions;
  /** Their versions. */
  readonly #together: ReadonlyMap<string, string>;
  readonly #deadlines = new DeadlineSweep();
  #local: Route | undefined;

  constructor(options: ServiceClientsOptions) {
    this.#options = options;
    this.#together = new Map(
      options.services.map(({ contract }) => [contract.name, contract.version]),
    );
  }

  /** From now on the services can be called, by `caller`, who this program is. */
  open(server: RpcServer, caller: Caller = anonymous): void {
    this.#local = server.direct({ caller });
  }

  client<C extends Contract>(contract: C): Client<C> {
    const { platform, namespace } = this.#options;
    const version = this.#together.get(contract.name);
    // Of another major version the platform may have a node.
    const isHere = version !== undefined && rangeOf(contract.version).has(version);
    if (platform && !isHere) {
      return platform.client(contract, { namespace });
    }
    return createClient(contract, { route: this, deadlines: this.#deadlines, namespace });
  }

  send(call: ClientCall): void {
    if (this.#local) this.#local.send(call);
    else call.fail(tooEarly(call));
  }
}

function tooEarly({ method }: ClientCall): ReefError {
  return new ReefError(
    "unavailable",
    `Cannot call ${method.service}: this program has not started to serve; call from a handler`,
    { maybeExecuted: false },
  );
}
