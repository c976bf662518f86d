/** The paths of a server as one caller sees them, and what that one may read beside calling. */
import { entranceResource, type EntrancePage } from "../../core/access-rules.ts";
import { ReefError } from "../../core/errors.ts";
import { isStream } from "../client-call.ts";
import type { Doorkeeper, Known } from "../doorkeeper.ts";
import type { Admit, RouteFinder } from "./proto-routes.ts";

export interface ShownOptions {
  readonly doorkeeper: Doorkeeper;
  /** Whose rules say who is told what there is. */
  readonly namespace: string;
}

interface AskedOptions extends ShownOptions {
  /** The namespace that is named; whoever may not act there is told nothing of another one instead. */
  readonly asked: string | undefined;
}

/** What may be called is found, and who may not know what there is hears nothing of the rest. */
export function shownTo(
  known: Known,
  routes: RouteFinder,
  { doorkeeper, namespace, asked }: AskedOptions,
): RouteFinder {
  return {
    find(path, codec) {
      const found = routes.find(path, codec);
      if (!(found instanceof ReefError)) return found;
      try {
        doorkeeper.acting(known, asked, entranceResource("services"));
        doorkeeper.checkPage(known, namespace, "services", found);
        return found;
      } catch (error) {
        return ReefError.from(error);
      }
    },
  };
}

/** The same routes for whoever comes to this one server. */
export function shownToEach(routes: RouteFinder, options: ShownOptions): RouteFinder {
  return {
    find: shownTo(undefined, routes, { ...options, asked: undefined }).find,
    at({ authorization, namespace: asked, visitor }) {
      const known = options.doorkeeper.identify(authorization, visitor);
      return known instanceof Promise ? known : shownTo(known, routes, { ...options, asked });
    },
  };
}

/** Who may read what a server says of itself: health, reflection. */
export function admitReaders({
  doorkeeper,
  namespace,
}: ShownOptions): (page: EntrancePage) => Admit {
  return (page) => {
    const place = { namespace, resource: entranceResource(page) };
    return (call, { authorization, namespace: asked, visitor }) => {
      const known = doorkeeper.identify(authorization, visitor);
      if (known instanceof Promise) return known;
      doorkeeper.acting(known, asked, place.resource);
      doorkeeper.checkPage(known, namespace, page);
      if (!isStream(call.kind)) return undefined;
      // Its handler runs by then, whatever a refusal before that would say.
      return doorkeeper.hold(known, place, ({ code, message, cause }) =>
        call.stop(new ReefError(code, message, { cause })),
      );
    };
  };
}
