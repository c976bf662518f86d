/**
 * The OpenAPI documents of what is running: of all services, and of each. Made when somebody asks, kept until it
 * changes.
 */
import type { ContractDescriptor } from "../../contract/descriptor.ts";
import { openApiOf } from "../../contract/openapi/openapi.ts";
import { entityTag } from "./entity-tag.ts";
import type { TaggedBody } from "./send-tagged.ts";

/** A contract that is served, and below which path. */
export interface ServedContract {
  readonly path: string;
  /** @default "service" */
  readonly type?: "service" | "block";
  readonly descriptor: ContractDescriptor;
}

export interface OpenApiSource {
  /** Another number whenever what is served has changed. */
  readonly generation: number;
  served(): readonly ServedContract[];
  /** By the path that it is below: `/greeter`, `/v2/greeter`. */
  servedAt(path: string): ServedContract | undefined;
}

export interface OpenApiPagesOptions {
  readonly version: string;
  /** Rules decide who may call what. */
  readonly isGuarded: boolean;
}

/** By the first rules of a platform they are for those who have no token yet. */
const openMethods: ReadonlySet<string> = new Set(["auth/login", "auth/refresh", "auth/keys"]);

export class OpenApiPages {
  readonly #source: OpenApiSource;
  readonly #version: string;
  readonly #isGuarded: boolean;
  /** By the path that they are below. */
  readonly #made = new Map<string, TaggedBody>();
  #generation = 0;

  constructor(source: OpenApiSource, { version, isGuarded }: OpenApiPagesOptions) {
    this.#source = source;
    this.#version = version;
    this.#isGuarded = isGuarded;
  }

  /** The document below a path: `/greeter`, or empty for that of all services; undefined where none is. */
  below(path: string): TaggedBody | undefined {
    if (this.#generation !== this.#source.generation) {
      this.#generation = this.#source.generation;
      this.#made.clear();
    }
    const known = this.#made.get(path);
    if (known) return known;
    const made = this.#make(path);
    if (made) this.#made.set(path, made);
    return made;
  }

  #make(path: string): TaggedBody | undefined {
    const one = path === "" ? undefined : this.#source.servedAt(path);
    if (path !== "" && !one) return undefined;
    const served = one ? [one] : this.#source.served();
    const paths = new Map(served.map((one) => [one.descriptor, one]));
    const document = openApiOf([...paths.keys()], {
      pathOf: (descriptor) => paths.get(descriptor)?.path ?? "",
      ...(this.#isGuarded && {
        securityOf: (descriptor, { name }) =>
          paths.get(descriptor)?.type === "block" && !openMethods.has(`${descriptor.name}/${name}`)
            ? "required"
            : "optional",
      }),
      ...(path === "" && { title: "reef", version: this.#version }),
    });
    const body = Buffer.from(`${JSON.stringify(document)}\n`);
    return { body, tag: entityTag(body) };
  }
}
