/** Which method of which service a verb and a path mean. The hot path is one look into a map. */
import type { MethodDescriptor } from "../../contract/descriptor.ts";
import { routeOf } from "../../contract/http-binding.ts";
import { ReefError } from "../../core/errors.ts";
import { didYouMean } from "../../core/suggest.ts";
import {
  type Binding,
  bindingOf,
  type Captures,
  fixedPath,
  matchBinding,
  moreSpecific,
  skeletonOf,
} from "./binding.ts";
import { isVersionName } from "../../contract/reserved-names.ts";
import { isStream, sendsStream } from "../../rpc/client-call.ts";
import { refusal } from "../../rpc/http/problem.ts";
import type { RawCall, Upstream } from "./upstream.ts";

/** A method that can be called from outside. */
export interface Endpoint {
  readonly upstream: Upstream;
  readonly method: MethodDescriptor;
  readonly call: RawCall;
  /** Absent for `POST /service/method`, whose body is the input as it comes. */
  readonly binding?: Binding;
}

export interface Match {
  readonly endpoint: Endpoint;
  readonly captures: Captures;
}

interface ServiceRoutes {
  readonly upstream: Upstream;
  /** Those with captures, the most specific first. */
  readonly patterns: readonly BoundEndpoint[];
  readonly paths: ReadonlySet<string>;
}

type BoundEndpoint = Endpoint & { readonly binding: Binding };

const noCaptures: Captures = [];

/** Comparing a wrong name with more services than this would make a 404 dearer than a call. */
const suggestedFromMax = 200;

export class Routes {
  /** By canonical path, then by verb. */
  readonly #exact = new Map<string, Map<string, Match>>();
  readonly #services = new Map<string, ServiceRoutes>();
  /** Services that exist and cannot be called yet. */
  readonly #awaited = new Set<string>();

  /**
   * Serves `greeter`, or its version `v2/greeter`, by this contract from now on; returns why some of its bindings are
   * not served.
   */
  set(key: string, upstream: Upstream): readonly ReefError[] {
    this.delete(key);
    const { methods } = upstream.descriptor;
    const direct = Object.values(methods).map((method) => endpointOf(upstream, method));
    const { bound, refused } = bindingsOf(key, direct);
    const paths = new Set<string>();
    for (const endpoint of direct) {
      paths.add(this.#add("POST", `/${key}/${endpoint.method.name}`, endpoint));
    }
    const patterns: BoundEndpoint[] = [];
    for (const endpoint of bound) {
      const path = fixedPath(endpoint.binding);
      if (path === undefined) patterns.push(endpoint);
      else paths.add(this.#add(endpoint.binding.verb, path, endpoint));
    }
    patterns.sort((a, b) => moreSpecific(a.binding, b.binding));
    this.#services.set(key, { upstream, patterns, paths });
    return refused;
  }

  /** Whether a service of this name is there, or is expected. */
  knows(service: string): boolean {
    return this.#services.has(service) || this.#awaited.has(service);
  }

  /** Another path of a method that is served, for callers who know it by a standard. */
  addAlias(path: `/${string}`, key: string, method: string): void {
    const endpoint = this.#exact.get(`/${key}/${method}`)?.get("POST")?.endpoint;
    if (!endpoint) return;
    const segments = path.slice(1).split("/");
    const binding: Binding = {
      verb: "GET",
      segments: segments.map((literal) => ({ literal })),
      rest: "query",
      status: 200,
      tagged: true,
    };
    this.#add("GET", path, { ...endpoint, binding });
  }

  #add(verb: string, path: string, endpoint: Endpoint): string {
    const verbs = this.#exact.get(path) ?? new Map<string, Match>();
    verbs.set(verb, { endpoint, captures: noCaptures });
    this.#exact.set(path, verbs);
    return path;
  }

  delete(key: string): void {
    for (const path of this.#services.get(key)?.paths ?? []) this.#exact.delete(path);
    this.#services.delete(key);
    this.#awaited.delete(key);
  }

  /** The service is known, its contract is not: it is starting. */
  expect(service: string): void {
    if (!this.#services.has(service)) this.#awaited.add(service);
  }

  /**
   * @throws {ReefError} `not_found`, `method_not_allowed`, or `unavailable` for a service that is starting
   */
  find(verb: string, path: string): Match {
    const match = this.#exact.get(path)?.get(verb);
    if (match) return match;
    const parts = path.slice(1).split("/");
    const service = this.#services.get(serviceKey(parts));
    for (const endpoint of service?.patterns ?? []) {
      if (endpoint.binding.verb !== verb) continue;
      const captures = matchBinding(endpoint.binding, parts);
      if (captures) return { endpoint, captures };
    }
    throw this.#missing(verb, path, parts);
  }

  /**
   * The streaming method that a WebSocket to this path is for: `/service/method`, or a binding with GET.
   * @throws {ReefError} as `find`
   */
  findSocket(path: string): Match {
    const direct = this.#exact.get(path)?.get("POST");
    if (direct && !direct.endpoint.binding && isStream(direct.endpoint.method.kind)) return direct;
    const match = this.find("GET", path);
    if (isStream(match.endpoint.method.kind)) return match;
    const allow = this.verbs(path).join(", ");
    const text = `Cannot open a WebSocket to ${path}: it answers once, to ${allow}`;
    throw refusal("method_not_allowed", text, { allow });
  }

  /** What `greeter` or `v2/greeter` is served by. */
  upstreamOf(key: string): Upstream | undefined {
    return this.#services.get(key)?.upstream;
  }

  /** `v1`, `v2`. */
  #versionsOf(name: string): string[] {
    const keys = [...this.#services.keys()].filter((key) => key.endsWith(`/${name}`));
    return keys.map((key) => key.slice(0, key.indexOf("/"))).toSorted();
  }

  /** Whether this very path is that of a method. */
  hasExact(path: string): boolean {
    return this.#exact.has(path);
  }

  /** The verbs that a path takes; empty when it is nobody's. */
  verbs(path: string): readonly string[] {
    const parts = path.slice(1).split("/");
    const verbs = new Set(this.#exact.get(path)?.keys());
    for (const { binding } of this.#services.get(serviceKey(parts))?.patterns ?? []) {
      if (matchBinding(binding, parts)) verbs.add(binding.verb);
    }
    if (verbs.has("GET")) verbs.add("HEAD");
    return [...verbs].toSorted();
  }

  #missing(verb: string, path: string, parts: readonly string[]): ReefError {
    const key = serviceKey(parts);
    const [name = "", method = ""] = key.includes("/") ? parts.slice(1) : parts;
    const service = this.#services.get(key);
    const others = service ? [] : this.#versionsOf(name);
    if (!service && others.length > 0) return noVersion(key, name, others);
    if (this.#awaited.has(name)) {
      return notExecuted("unavailable", `Cannot call "${name}": it is starting`);
    }
    if (!service) {
      const known = [...this.#services.keys()].filter((each) => !each.includes("/"));
      const hint = known.length <= suggestedFromMax ? didYouMean(name, known) : "";
      return notExecuted(
        "not_found",
        `Cannot find the service "${name}"${hint}; GET /services lists them`,
      );
    }
    const direct = this.#exact.get(path)?.get("POST")?.endpoint.method;
    if (verb === "GET" && direct && sendsStream(direct.kind)) return upgradeRequired(direct.name);
    const verbs = this.verbs(path);
    if (verbs.length > 0) {
      const allow = verbs.join(", ");
      return refusal("method_not_allowed", `Cannot ${verb} ${path}: it takes ${allow}`, { allow });
    }
    const hint = didYouMean(method, Object.keys(service.upstream.descriptor.methods));
    return notExecuted("not_found", `Cannot find the method "${method}" of "${name}"${hint}`);
  }
}

/** The versions that run, when somebody wants another one. */
function noVersion(key: string, name: string, versions: readonly string[]): ReefError {
  const [version = ""] = key.split("/");
  const paths = versions.map((each) => `/${each}/${name}`).join(", ");
  return notExecuted("not_found", `Cannot find ${version} of "${name}": there is ${paths}`);
}

/** `greeter` of `/greeter/hello`, and `v2/greeter` of `/v2/greeter/hello`; no service has the name of a version. */
function serviceKey([first = "", second]: readonly string[]): string {
  return second !== undefined && isVersionName(first) ? `${first}/${second}` : first;
}

function endpointOf(upstream: Upstream, method: MethodDescriptor): Endpoint {
  const call = upstream.call(method.name);
  if (!call) {
    throw new ReefError(
      "internal",
      `Cannot route the method "${method.name}": its client lacks it`,
    );
  }
  return { upstream, method, call };
}

/** The bindings that can be served. Of two that mean the same paths neither wins silently: the second is refused. */
function bindingsOf(
  key: string,
  endpoints: readonly Endpoint[],
): {
  readonly bound: readonly BoundEndpoint[];
  readonly refused: readonly ReefError[];
} {
  const bound: BoundEndpoint[] = [];
  const refused: ReefError[] = [];
  const owners = new Map<string, string>();
  for (const { method } of endpoints) owners.set(`POST /${key}/${method.name}`, method.name);
  for (const endpoint of endpoints) {
    const { method } = endpoint;
    try {
      const binding = bindingOf(key, method);
      if (!binding) continue;
      const skeleton = skeletonOf(binding);
      const owner = owners.get(skeleton);
      // A binding to the method's own path only says more about its answer.
      if (owner === method.name && isStream(method.kind)) continue;
      if (owner !== undefined && owner !== method.name) throw taken(method, owner);
      owners.set(skeleton, method.name);
      bound.push({ ...endpoint, binding });
    } catch (thrown) {
      refused.push(ReefError.from(thrown));
    }
  }
  return { bound, refused };
}

/** What to say to a client that called a method which takes a stream as if it took one input. */
export function upgradeRequired(method: string): ReefError {
  return refusal(
    "upgrade_required",
    `Cannot call "${method}" with one input: its caller sends a stream; open a WebSocket to this path, ` +
      "or POST lines of JSON as application/x-ndjson",
  );
}

function taken({ name, http = "" }: MethodDescriptor, owner: string): ReefError {
  return new ReefError(
    "already_exists",
    `Cannot bind the method "${name}" to "${routeOf(http)}": these paths belong to "${owner}"`,
  );
}

function notExecuted(code: "unavailable" | "not_found", message: string): ReefError {
  return new ReefError(code, message, { maybeExecuted: false });
}
