/** The methods that a server answers, and what it says of those that it does not. */
import type { MethodKind } from "../contract/descriptor.ts";
import { ReefError } from "../core/errors.ts";
import type { ServerMethod } from "./server-method.ts";

/** A method as its caller knows it. */
export interface AskedMethod {
  readonly namespace: string;
  readonly service: string;
  readonly kind: MethodKind;
}

export class MethodTable {
  /** Undefined for a server that answers in whichever namespace its caller is. */
  readonly #namespace: string | undefined;
  readonly #services = new Map<string, ReadonlyMap<string, ServerMethod>>();

  constructor(namespace: string | undefined) {
    this.#namespace = namespace;
  }

  add(service: string, methods: readonly ServerMethod[]): void {
    this.#services.set(service, new Map(methods.map((method) => [method.name, method])));
  }

  has(service: string): boolean {
    return this.#services.has(service);
  }

  /**
   * The method, or why it cannot be called here: `not_found` for another service or namespace, `unimplemented` for a
   * method that its contract does not have, `failed_precondition` when it is of another kind. None was executed.
   */
  find({ namespace, service, kind }: AskedMethod, name: string): ServerMethod | ReefError {
    if (this.#namespace !== undefined && namespace !== this.#namespace) {
      const here = `this node is in "${this.#namespace}"`;
      return refusal("not_found", `${service} in namespace "${namespace}": ${here}`);
    }
    const methods = this.#services.get(service);
    if (!methods) return refusal("not_found", `${service}/${name}: this node does not serve it`);
    const method = methods.get(name);
    if (!method) {
      const rule = `${service} has no such method here; "reef describe ${service}" lists those it has`;
      return refusal("unimplemented", `${service}/${name}: ${rule}`);
    }
    if (method.kind === kind)
      return method.namespace === namespace ? method : { ...method, namespace };
    const rule = `version ${method.version} here has it as ${method.kind}`;
    return refusal("failed_precondition", `${service}/${name} as ${kind}: ${rule}`);
  }
}

function refusal(
  code: "not_found" | "unimplemented" | "failed_precondition",
  text: string,
): ReefError {
  return new ReefError(code, `Cannot call ${text}`, { maybeExecuted: false });
}
