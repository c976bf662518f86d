/**
 * The paths of a document. Two that differ only in the names of their fields are one to OpenAPI, and so they are here.
 */
import type { HttpSegment } from "../path-template.ts";
import type { JsonSchema } from "../to-json-schema.ts";

/** How the fields of a binding are called in the path of the document. */
export type FieldNames = ReadonlyMap<string, string>;

interface PathItem {
  /** As whoever came first wrote it. */
  readonly path: string;
  /** The names of its fields, in their order. */
  readonly names: readonly string[];
  readonly operations: Map<string, JsonSchema>;
}

export class Paths {
  readonly #items = new Map<string, PathItem>();

  /** Adds an operation; one that is there with this verb stays. */
  add(
    at: { readonly parts: readonly HttpSegment[]; readonly verb: string },
    operation: (names: FieldNames) => JsonSchema,
  ): void {
    const fields = at.parts.flatMap((part) => ("field" in part ? part.field : []));
    const item = this.#itemOf(at.parts, fields);
    if (item.operations.has(at.verb)) return;
    const names = fields.map((field, index) => [field, item.names[index] ?? field] as const);
    item.operations.set(at.verb, operation(new Map(names)));
  }

  /** In order of their paths, so that the document changes no more than its contracts do. */
  document(): JsonSchema {
    const items = [...this.#items.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1));
    return Object.fromEntries(
      items.map(({ path, operations }) => [path, Object.fromEntries(operations)]),
    );
  }

  #itemOf(parts: readonly HttpSegment[], names: readonly string[]): PathItem {
    const skeleton = parts.map((part) => ("literal" in part ? part.literal : "{}")).join("/");
    const known = this.#items.get(skeleton);
    if (known) return known;
    const path = parts.map((part) => ("literal" in part ? part.literal : `{${part.field}}`));
    const made = { path: `/${path.join("/")}`, names, operations: new Map() };
    this.#items.set(skeleton, made);
    return made;
  }
}
