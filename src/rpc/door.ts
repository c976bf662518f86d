/** The doorkeeper at the port of a server: what of it may be called by whom, whichever way a call comes. */
import { platformNamespace } from "../blocks/registry/index.ts";
import type { Resource } from "../core/access-rules.ts";
import { audienceOf } from "../core/audience.ts";
import { ReefError } from "../core/errors.ts";
import type { Caller } from "../core/identity.ts";
import { namespaceOf } from "../core/namespace-access.ts";
import type { Doorkeeper, Known } from "./doorkeeper.ts";
import { mayAskIn } from "./doorkeeper/acting-namespace.ts";
import type { Tally } from "./doorkeeper/decision-log.ts";
import type { Hold, Place } from "./doorkeeper/decisions.ts";
import { unauthenticated } from "./doorkeeper/refusals.ts";
import type { ServerCall } from "./server-call.ts";
import type { ServerMethod } from "./server-method.ts";

export interface DoorOptions {
  readonly doorkeeper: Doorkeeper;
  /** What users have written, or a primitive of the platform, which acts in the namespace of its caller. */
  readonly type: "service" | "block";
  /** Throws for a namespace that is not there; asked for those who may act in it. */
  readonly checkNamespace?: ((namespace: string) => void) | undefined;
}

/** What a call asks for. */
export type Asked = Pick<ServerMethod, "namespace" | "service" | "name">;

export class Door {
  readonly doorkeeper: Doorkeeper;
  readonly #type: DoorOptions["type"];
  readonly #checkNamespace: (namespace: string) => void;

  constructor({ doorkeeper, type, checkNamespace = nothing }: DoorOptions) {
    this.#checkNamespace = checkNamespace;
    this.doorkeeper = doorkeeper;
    this.#type = type;
  }

  /**
   * `subject` is on whose behalf. @throws {ReefError} as `Doorkeeper.check`; `unauthenticated` for a token that is
   * bound to another service
   */
  check(known: Known, asked: Asked, subject?: Caller): Tally {
    if (known?.audience !== undefined && known.audience !== audienceAt(known.namespace, asked)) {
      throw this.doorkeeper.refusal("its token is for another service");
    }
    return this.doorkeeper.check(known, { ...this.#place(known, asked), subject });
  }

  /** For whom `caller` acts, who calls over this connection; throws as `Doorkeeper.verifySubject`. */
  subject(token: string, caller: Caller, asked: Asked, connection: object): Caller {
    if (caller.kind !== "service") throw unauthenticated("only a service acts for somebody");
    const name = caller.id.slice("service:".length);
    const names = (namespace: string) => ({
      actor: audienceOf(namespace, caller.namespace, name),
      audience: audienceAt(namespace, asked),
    });
    return this.doorkeeper.verifySubject(token, names, connection);
  }

  /** Looks after a call that lasts: it is stopped when it would not be allowed any more. */
  hold(known: Known, call: ServerCall): Hold {
    const place = { ...this.#place(known, call.target), subject: call.subject };
    return this.doorkeeper.hold(known, place, (reason) => {
      const { code, message, cause } = reason;
      // Its handler runs by then, whatever a refusal before that would say.
      call.stop(new ReefError(code, message, { cause }));
    });
  }

  #place(known: Known, { namespace, service, name }: Asked): Place {
    const resource: Resource = { type: this.#type, name: service, endpoint: name };
    if (this.#type === "service") return { namespace, resource };
    if (namespace === platformNamespace && isShared(service)) {
      return { namespace: namespaceOf(known), resource };
    }
    if (!mayAskIn(known, namespace, resource)) {
      this.doorkeeper.noteElsewhere(known, resource);
      throw notThere(known, namespace, resource);
    }
    // Parts of the platform make namespaces, and take them away.
    if (known && !known.rules) this.#checkNamespace(namespace);
    return { namespace, resource };
  }
}

function nothing(): void {}

/** How a service is named in a token of this namespace that is bound to it. */
function audienceAt(tokenNamespace: string, { namespace, service }: Asked): string {
  return audienceOf(tokenNamespace, namespace, service);
}

/** One for all namespaces, which are asked in that of the platform by everybody; all others keep something in it. */
function isShared(service: string): boolean {
  return service === "registry" || service === "platform" || service === "namespaces";
}

function notThere(known: Known, namespace: string, { name, endpoint }: Resource): ReefError {
  const text = `Cannot call ${name}/${endpoint} in the namespace "${namespace}": `;
  if (!known) {
    return new ReefError(
      "unauthenticated",
      `${text}not without a token; log in with "reef login"`,
      {
        maybeExecuted: false,
      },
    );
  }
  const rule = `${known.account} is one of "${known.namespace}"`;
  return new ReefError("permission_denied", `${text}${rule}; log in there`, {
    maybeExecuted: false,
  });
}
