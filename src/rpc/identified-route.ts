/** Calls that say who makes them: one waits where that has to be found out first. */
import { ReefError } from "../core/errors.ts";
import type { ClientCall } from "./client-call.ts";
import type { Route } from "./client.ts";
import type { Passes } from "./passes.ts";

/** A route to one place on which each call says who makes it. */
export function identifiedRoute(route: Route, passes: Passes): Route {
  return {
    send(call) {
      const proving = passes.prepare(call);
      if (proving) whenProven(call, proving, () => route.send(call));
      else route.send(call);
    },
  };
}

/** Goes on with a call when it is known who makes it; ends it when that cannot be known. */
export function whenProven(call: ClientCall, proving: Promise<void>, go: () => void): void {
  if (!call.take()) return;
  call.carrier = { cancel() {}, awaits: "auth did not say who makes it" };
  proving.then(
    () => {
      call.carrier = undefined;
      if (!call.over) go();
    },
    (error: unknown) => call.giveUp(unproven(call, ReefError.from(error))),
  );
}

/** Nothing of it was sent. */
function unproven({ method }: ClientCall, cause: ReefError): ReefError {
  const text = `Cannot call ${method.service}/${method.name}: ${cause.message}`;
  return new ReefError(cause.code, text, { cause, maybeExecuted: false });
}
