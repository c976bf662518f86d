/** What every gRPC server has beside its services: health and reflection. No middleware of theirs stands before it. */
import type { Contract } from "../../contract/contract.ts";
import { createErrorMakers } from "../../contract/typed-error.ts";
import type { EntrancePage } from "../../core/access-rules.ts";
import type { Clock } from "../../core/clock.ts";
import type { Logger } from "../../core/log.ts";
import { type AnyHandler, createServerMethod } from "../server-method.ts";
import { DescriptorPool } from "./descriptor-pool.ts";
import { Health } from "./health.ts";
import type { Admit, ProtoRoutes } from "./proto-routes.ts";
import { reflection } from "./reflection.ts";

export interface BuiltInOptions {
  readonly health: Health;
  /** Absent where whoever reaches the port may have them. */
  readonly admit?: ((page: EntrancePage) => Admit) | undefined;
  readonly namespace: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A contract with one handler for each of its methods. */
export interface BuiltIn {
  readonly contract: Contract;
  readonly handlers: { readonly [method: string]: AnyHandler };
}

/** Adds them to the routes of a server, when the first caller asks for one: making them would slow every start. */
export function addBuiltInServices(routes: ProtoRoutes, options: BuiltInOptions): void {
  routes.addLater(() => addAll(routes, options));
}

function addAll(routes: ProtoRoutes, { health, admit, ...options }: BuiltInOptions): void {
  const pool = new DescriptorPool(() => routes.services);
  const asPage = (page: EntrancePage) => (each: BuiltIn) => ({ ...each, page });
  const all = [
    ...[health.builtIn()].map(asPage("health")),
    ...reflection(pool).map(asPage("contracts")),
  ];
  for (const { contract, handlers, page } of all) {
    const methods = Object.entries(contract.methods).map(([name, method]) => {
      return createServerMethod({
        ...options,
        service: contract.name,
        version: contract.version,
        name,
        kind: method.kind,
        input: method.input,
        output: method.output,
        errors: method.errors,
        errorMakers: createErrorMakers(contract.name, method.errors),
        // Each contract has its handlers right beside it.
        handler: handlers[name] as AnyHandler,
        use: [],
        validateOutput: false,
      });
    });
    routes.add(contract.descriptor, methods, admit?.(page));
  }
}
