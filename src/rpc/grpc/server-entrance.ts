/**
 * The entrance of a server over HTTP: its services by the paths of protobuf, with health and reflection beside them.
 */
import type { ContractDescriptor } from "../../contract/descriptor.ts";
import type { Logger } from "../../core/log.ts";
import type { Door } from "../door.ts";
import type { ServerMethod } from "../server-method.ts";
import { admitAtDoor } from "./admit-at-door.ts";
import { addBuiltInServices } from "./built-in-services.ts";
import { Health } from "./health.ts";
import { HttpEntrance, type HttpEntranceOptions } from "./http-entrance.ts";
import { ProtoRoutes } from "./proto-routes.ts";
import { admitReaders, shownToEach } from "./shown-routes.ts";

export interface ServerEntranceOptions extends Omit<HttpEntranceOptions, "routes" | "health"> {
  readonly services: readonly ServedService[];
  /** Absent where whoever reaches the port may call. */
  readonly door: Door | undefined;
  readonly namespace: string;
  readonly log: Logger;
}

/** A service as it is called. */
export interface ServedService {
  readonly descriptor: ContractDescriptor;
  readonly methods: readonly ServerMethod[];
}

export function createServerEntrance(options: ServerEntranceOptions): HttpEntrance {
  const { services, door, namespace, log, clock } = options;
  const routes = new ProtoRoutes();
  const admit = door && admitAtDoor(door);
  for (const { descriptor, methods } of services) routes.add(descriptor, methods, admit);
  const health = new Health((name) => routes.services.has(name) || undefined);
  const shown = door && { doorkeeper: door.doorkeeper, namespace };
  const readers = shown && admitReaders(shown);
  addBuiltInServices(routes, { health, admit: readers, namespace, clock, log });
  return new HttpEntrance({
    ...options,
    routes: shown ? shownToEach(routes, shown) : routes,
    health,
  });
}
