/**
 * The schemas of a document, each under one name. What is the same is there once, however many messages refer to it;
 * what only has the same name gets another.
 */
import type { ObjectShape } from "../shape.ts";
import { type JsonSchema, schemaOf, type Side } from "../to-json-schema.ts";

/** How a schema is made once it is known what the definitions in it are called. */
type Make = (refer: (definition: string) => string) => JsonSchema;

interface Named {
  readonly schema: JsonSchema;
  readonly text: string;
}

export class ComponentSchemas {
  readonly #schemas = new Map<string, Named>();

  /** The reference to a message under this name, its definitions under names that begin with `prefix`. */
  message(
    shape: ObjectShape,
    { name, prefix, side }: { readonly name: string; readonly prefix: string; readonly side: Side },
  ): JsonSchema {
    const definitions = Object.entries(shape.definitions ?? {}).map(([definition, defined]) => {
      const make: Make = (refer) => schemaOf(defined, { side, refer });
      return { definition, name: definitionName(definition, prefix), make };
    });
    const refer = this.#define(definitions);
    return this.add(shape.protoName ?? name, () => schemaOf(shape, { side, refer }));
  }

  /** The reference to a schema under this name, or one that is like it. */
  add(name: string, make: () => JsonSchema): JsonSchema {
    const refer = this.#define([{ definition: "", name, make }]);
    return { $ref: refer("") };
  }

  /** In order of their names. */
  document(): JsonSchema {
    const all = [...this.#schemas].toSorted(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(all.map(([name, { schema }]) => [name, schema]));
  }

  /** Schemas that may refer to each other get their names together. */
  #define(
    all: readonly { readonly definition: string; readonly name: string; readonly make: Make }[],
  ): (definition: string) => string {
    for (let generation = 1; ; generation += 1) {
      const names = new Map<string, string>();
      const used = new Set<string>();
      for (const { definition, name } of all) {
        let called = generation === 1 ? safe(name) : `${safe(name)}.${generation}`;
        while (used.has(called)) called += "_";
        used.add(called);
        names.set(definition, called);
      }
      // A name that nobody defined cannot be: the shapes were checked.
      const refer = (definition: string) => `#/components/schemas/${names.get(definition) ?? ""}`;
      const made = all.map(({ definition, make }) => {
        const schema = make(refer);
        return { name: names.get(definition) ?? "", schema, text: JSON.stringify(schema) };
      });
      const fits = made.every(({ name, text }) => {
        return (this.#schemas.get(name)?.text ?? text) === text;
      });
      // Each generation that does not fit met a schema of its own names, so there is an end to them.
      if (!fits) continue;
      for (const { name, ...named } of made) this.#schemas.set(name, named);
      return refer;
    }
  }
}

/** Names of protobuf are known to all services alike; others are those of their contract. */
function definitionName(definition: string, prefix: string): string {
  return definition.includes(".") ? definition : `${prefix}.${definition}`;
}

/** What OpenAPI lets be the name of a component. */
function safe(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9._-]/g, "_");
}
