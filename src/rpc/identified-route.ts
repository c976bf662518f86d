/** A route on which each call says who makes it: it waits where that has to be found out first. */
import { ReefError } from "../core/errors.ts";
import type { ClientCall } from "./client-call.ts";
import type { Route } from "./client.ts";
import type { Passes } from "./passes.ts";

export function identifiedRoute(route: Route, passes: Passes): Route {
  async function sendLater(call: ClientCall, prepared: Promise<void>): Promise<void> {
    call.carrier = { cancel() {}, awaits: "auth did not say who makes it" };
    try {
      await prepared;
    } catch (error) {
      call.giveUp(unproven(call, ReefError.from(error)));
      return;
    }
    call.carrier = undefined;
    if (!call.over) route.send(call);
  }
  return {
    send(call) {
      const prepared = passes.prepare(call);
      if (!prepared) route.send(call);
      else if (call.take()) void sendLater(call, prepared);
    },
  };
}

/** Nothing of it was sent. */
function unproven({ method }: ClientCall, cause: ReefError): ReefError {
  const text = `Cannot call ${method.service}/${method.name}: ${cause.message}`;
  return new ReefError(cause.code, text, { cause, maybeExecuted: false });
}
