/**
 * The rules of a contract, checked on its descriptor: on what an author wrote, and on what came over the wire from a
 * node that nobody vouches for.
 */
import { codes, ReefError } from "../core/errors.ts";
import { checkMessageShape } from "./check-message-shape.ts";
import type { ContractDescriptor, MethodDescriptor, MethodKind } from "./descriptor.ts";
import { leadsTo } from "./http-answer.ts";
import {
  type HttpBinding,
  httpBindingKey,
  isHttpDescriptor,
  readHttpBinding,
  routeOf,
} from "./http-binding.ts";
import { methodNameProblem, reasonProblem, serviceNameProblem, versionProblem } from "./names.ts";
import { protoMethodName } from "./proto-names.ts";
import { isRecord } from "./shape-check.ts";

/** More in one service is a machine's doing; everyone who resolves it would hold it. */
export const methodsMax = 500;

/**
 * The data as a descriptor, unchanged: its digest must stay what it is. Properties of newer versions are let through.
 * @throws {ReefError} `invalid_argument` with the place and the rule
 */
export function checkDescriptor(data: unknown): ContractDescriptor {
  const refuse = (rule: string): ReefError => {
    const name = isRecord(data) && typeof data["name"] === "string" ? ` "${data["name"]}"` : "";
    return new ReefError("invalid_argument", `Cannot use the contract${name}: ${rule}`);
  };
  if (!isRecord(data)) throw refuse("it is not an object");
  const { name, version, description, methods, proto } = data;
  if (typeof name !== "string") throw refuse("it has no name");
  const problem =
    serviceNameProblem(name) ??
    (typeof version === "string" ? versionProblem(version) : "it has no version") ??
    textProblem("its description", description);
  if (problem !== undefined) throw refuse(problem);
  if (!isRecord(methods)) throw refuse("it has no methods");
  const misnamed = protoProblem(proto);
  if (misnamed !== undefined) throw refuse(misnamed);
  const entries = Object.entries(methods);
  if (entries.length > methodsMax) {
    throw refuse(`it has ${entries.length} methods, the limit is ${methodsMax}; make two services`);
  }
  const bound = new Map<string, Bound>();
  // Every property of it that names look at was checked above, and the methods are checked one by one below.
  const descriptor = data as unknown as ContractDescriptor;
  const named = new Map<string, string>();
  for (const [key, method] of entries) {
    const wrong = methodProblem(key, method, bound) ?? sameNameProblem(descriptor, key, named);
    if (wrong !== undefined) throw refuse(`method "${key}": ${wrong}`);
  }
  const lost = locationProblem([...bound.values()]);
  if (lost !== undefined) throw refuse(lost);
  return descriptor;
}

/** What `.proto` lets be a name, with the dots of packages. */
const fullName = /^[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*$/u;

function protoProblem(proto: unknown): string | undefined {
  if (proto === undefined) return undefined;
  if (!isRecord(proto)) return "its proto is not an object";
  const { service, methods = {}, files } = proto;
  if (service !== undefined && !(typeof service === "string" && fullName.test(service))) {
    return `proto: ${JSON.stringify(service)} is no full name of a service, such as "greeter.v1.Greeter"`;
  }
  if (!isRecord(methods)) return "proto: its methods are not an object";
  for (const name of Object.values(methods)) {
    if (typeof name === "string" && fullName.test(name) && !name.includes(".")) continue;
    return `proto: ${JSON.stringify(name)} is no name of a method, such as "SayHello"`;
  }
  return textProblem("proto: its files", files);
}

/** `hello` and `Hello` would be one method to those who speak protobuf. */
function sameNameProblem(
  descriptor: ContractDescriptor,
  key: string,
  named: Map<string, string>,
): string | undefined {
  const name = protoMethodName(descriptor, key);
  const other = named.get(name);
  named.set(name, key);
  return other === undefined
    ? undefined
    : `protobuf would call it "${name}", as it does "${other}"`;
}

interface Bound {
  readonly method: string;
  readonly binding: HttpBinding;
}

const kinds: readonly string[] = [
  "unary",
  "notify",
  "server_stream",
  "client_stream",
  "bidi_stream",
] satisfies MethodKind[];

function methodProblem(
  key: string,
  method: unknown,
  bound: Map<string, Bound>,
): string | undefined {
  const nameProblem = methodNameProblem(key);
  if (nameProblem !== undefined) return nameProblem;
  if (!isRecord(method)) return "it is not an object";
  const { name, kind, description, input, output, errors, http, idempotent } = method;
  if (name !== key) return "its name is not its key";
  if (typeof kind !== "string" || !kinds.includes(kind))
    return `its kind is none of ${kinds.join(", ")}`;
  if (idempotent !== undefined && idempotent !== true) return "idempotent is true or absent";
  const messageProblem =
    textProblem("its description", description) ??
    place("input", checkMessageShape(input)) ??
    (kind === "notify" ? undefined : place("output", checkMessageShape(output)));
  if (messageProblem !== undefined) return messageProblem;
  if (kind === "notify" && output !== undefined) return "a notify has no output";
  return (
    errorsProblem(errors) ?? httpProblem(key, http, method as unknown as MethodDescriptor, bound)
  );
}

function errorsProblem(errors: unknown): string | undefined {
  if (errors === undefined) return undefined;
  if (!isRecord(errors)) return "its errors are not an object";
  for (const [reason, error] of Object.entries(errors)) {
    const where = `error "${reason}"`;
    if (reasonProblem(reason) !== undefined) return `${where}: ${reasonProblem(reason)}`;
    if (!isRecord(error)) return `${where} is not an object`;
    if (!codes.some((code) => code === error["code"])) {
      return `${where}: its code is none of ${codes.join(", ")}`;
    }
    const { data, description } = error;
    const problem =
      textProblem("its description", description) ??
      (data === undefined ? undefined : checkMessageShape(data));
    if (problem !== undefined) return place(where, problem);
  }
  return undefined;
}

function httpProblem(
  key: string,
  http: unknown,
  method: MethodDescriptor,
  bound: Map<string, Bound>,
): string | undefined {
  if (http === undefined) return undefined;
  if (!isHttpDescriptor(http))
    return "http is neither a string nor { route, status, location, body }";
  const binding = readHttpBinding(http, method);
  const route = routeOf(http);
  if (typeof binding === "string") return `http "${route}": ${binding}`;
  const path = httpBindingKey(binding);
  const other = bound.get(path);
  if (other) return `http "${route}" is already bound to "${other.method}"`;
  bound.set(path, { method: key, binding });
  return undefined;
}

function locationProblem(bound: readonly Bound[]): string | undefined {
  const targets = bound.filter(({ binding }) => binding.verb === "GET");
  for (const { method, binding } of bound) {
    const { location } = binding;
    if (!location || targets.some((to) => leadsTo(location, to.binding.segments))) continue;
    return `method "${method}": no method is bound to GET at its location, so it leads nowhere; bind one`;
  }
  return undefined;
}

function textProblem(what: string, value: unknown): string | undefined {
  return value === undefined || typeof value === "string" ? undefined : `${what} is not a string`;
}

function place(where: string, problem: string | undefined): string | undefined {
  return problem === undefined ? undefined : `${where}: ${problem}`;
}
