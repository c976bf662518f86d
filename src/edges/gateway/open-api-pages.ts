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
  readonly descriptor: ContractDescriptor;
}

export interface OpenApiSource {
  /** Another number whenever what is served has changed. */
  readonly generation: number;
  served(): readonly ServedContract[];
  /** By the path that it is below: `/greeter`, `/v2/greeter`. */
  servedAt(path: string): ServedContract | undefined;
}

export class OpenApiPages {
  readonly #source: OpenApiSource;
  readonly #version: string;
  /** By the path that they are below. */
  readonly #made = new Map<string, TaggedBody>();
  #generation = 0;

  constructor(source: OpenApiSource, version: string) {
    this.#source = source;
    this.#version = version;
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
    const paths = new Map(served.map((one) => [one.descriptor, one.path]));
    const document = openApiOf([...paths.keys()], {
      pathOf: (descriptor) => paths.get(descriptor) ?? "",
      ...(path === "" && { title: "reef", version: this.#version }),
    });
    const body = Buffer.from(`${JSON.stringify(document)}\n`);
    return { body, tag: entityTag(body) };
  }
}
