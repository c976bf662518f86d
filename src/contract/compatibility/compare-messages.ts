/** Two shapes of one message, walked side by side: whatever one side writes and the other would not understand. */
import type { Definitions } from "../shape-check.ts";
import type { Field, ListShape, MapShape, ObjectShape } from "../shape.ts";
import type { OneofShape, Shape, WrapperShape } from "../shape.ts";
import { type Side, type Unreadable } from "./change.ts";
import { compareEnums } from "./compare-enums.ts";
import { compareFields } from "./compare-fields.ts";
import { compareLimits } from "./compare-limits.ts";
import { compareVariants } from "./compare-variants.ts";
import { kindName, kindsUnreadable, wireOf } from "./kinds.ts";

/** What was found at one place of a message. */
export interface Finding {
  readonly path: string;
  readonly text: string;
  /** Why that breaks older callers, should it do so. */
  readonly why?: string;
  readonly json: Unreadable;
  readonly protobuf: Unreadable;
}

export interface MessageTerms {
  readonly side: Side;
  /** Both contracts have numbers; without them there is no protobuf to break. */
  readonly numbered: boolean;
  readonly path: string;
}

export function compareMessages(
  older: ObjectShape,
  newer: ObjectShape,
  terms: MessageTerms,
): readonly Finding[] {
  const comparison = new MessageComparison(older, newer, terms);
  comparison.objects(older, newer, terms.path);
  return comparison.findings;
}

export class MessageComparison {
  readonly findings: Finding[] = [];
  readonly side: Side;
  readonly numbered: boolean;
  readonly #older: Definitions;
  readonly #newer: Definitions;
  /** Pairs of definitions under comparison or compared: a tree is not walked for ever. */
  readonly #seen = new Set<string>();

  constructor(older: ObjectShape, newer: ObjectShape, { side, numbered }: MessageTerms) {
    this.side = side;
    this.numbered = numbered;
    this.#older = older.definitions ?? {};
    this.#newer = newer.definitions ?? {};
  }

  tell({
    json,
    protobuf,
    ...finding
  }: Omit<Finding, "protobuf"> & { protobuf?: Unreadable }): void {
    const inProtobuf = this.numbered ? (protobuf ?? json) : "none";
    this.findings.push({ ...finding, json, protobuf: inProtobuf });
  }

  shapes(older: Shape, newer: Shape, path: string): void {
    if (older.kind === "ref" || newer.kind === "ref") return this.#refs(older, newer, path);
    if (older.kind === "nullable" || newer.kind === "nullable") {
      return this.#nullables(older, newer, path);
    }
    if (!isSameType(older, newer)) return this.#kinds(older, newer, path);
    for (const { text, unreadable } of compareLimits(older, newer, this.side)) {
      this.tell({
        path,
        text,
        why: "a service refuses what older callers may send",
        json: unreadable,
      });
    }
    // The kinds are the same, which the compiler does not carry from one to the other.
    switch (older.kind) {
      case "list":
        return this.shapes(older.items, (newer as ListShape).items, `${path}[]`);
      case "wrapper":
        return this.shapes(older.inner, (newer as WrapperShape).inner, path);
      case "map":
        return this.#maps(older, newer as MapShape, path);
      case "object":
        return this.objects(older, newer as ObjectShape, path);
      case "oneof":
        return compareVariants(this, { older, newer: newer as OneofShape, path });
      case "enum":
        return compareEnums(this, { older, newer: newer as typeof older, path });
      default:
        return this.#wires(older, newer, path);
    }
  }

  objects(older: ObjectShape, newer: ObjectShape, path: string): void {
    compareFields(this, { older, newer, path });
  }

  /** Whether two fields could be one under two names. */
  isAlike(older: Field, newer: Field): boolean {
    return (
      kindName(this.#resolve(older.shape, this.#older)) ===
      kindName(this.#resolve(newer.shape, this.#newer))
    );
  }

  #refs(older: Shape, newer: Shape, path: string): void {
    const names = [older, newer].map((shape) => (shape.kind === "ref" ? shape.to : ""));
    const pair = names.join(" ");
    // What is written out on one side has an end by itself.
    if (!names.includes("")) {
      if (this.#seen.has(pair)) return;
      this.#seen.add(pair);
    }
    const [left, right] = [this.#resolve(older, this.#older), this.#resolve(newer, this.#newer)];
    if (left.kind !== "ref" && right.kind !== "ref") this.shapes(left, right, path);
  }

  /** What a name stands for; a name that nothing is defined by stays as it is. */
  #resolve(shape: Shape, definitions: Definitions): Shape {
    let found = shape;
    for (let hops = 0; found.kind === "ref" && hops < hopsMax; hops++) {
      const target = Object.hasOwn(definitions, found.to) ? definitions[found.to] : undefined;
      if (target === undefined) return found;
      found = target;
    }
    return found;
  }

  #nullables(older: Shape, newer: Shape, path: string): void {
    const [left, right] = [inside(older), inside(newer)];
    if (older.kind !== "nullable") {
      const why = "older callers do not expect null";
      this.tell({ path, text: "may be null", why, json: "newer", protobuf: "both" });
    } else if (newer.kind !== "nullable") {
      const why = "older callers may send null";
      this.tell({ path, text: "may not be null any more", why, json: "older", protobuf: "both" });
    }
    this.shapes(left, right, path);
  }

  #kinds(older: Shape, newer: Shape, path: string): void {
    this.tell({
      path,
      text: `is ${kindName(newer)}, was ${kindName(older)}`,
      why: "the two sides do not mean the same by it",
      json: kindsUnreadable(older, newer, "json"),
      protobuf: kindsUnreadable(older, newer, "protobuf"),
    });
  }

  #maps(older: MapShape, newer: MapShape, path: string): void {
    const [left, right] = [keysOf(older), keysOf(newer)];
    if (!isSameType(left, right)) this.#kinds(left, right, `${path}{key}`);
    this.shapes(older.values, newer.values, `${path}{}`);
  }

  #wires(older: Shape, newer: Shape, path: string): void {
    const [was, is] = [wireOf(older), wireOf(newer)];
    if (was === is) return;
    const text = `is written as ${is} in protobuf, was ${was}`;
    const why = "the same number is other bytes";
    this.tell({ path, text, why, json: "none", protobuf: "both" });
  }
}

/** Names of names: `checkMessageShape` refuses those that lead nowhere. */
const hopsMax = 64;

function isSameType(older: Shape, newer: Shape): boolean {
  return older.kind === newer.kind && wellKnownOf(older) === wellKnownOf(newer);
}

/** Messages that have a JSON form of their own, such as a duration. */
function wellKnownOf(shape: Shape): unknown {
  return "wellKnown" in shape ? shape.wellKnown : "as" in shape ? shape.as : undefined;
}

function inside(shape: Shape): Shape {
  return shape.kind === "nullable" ? shape.inner : shape;
}

/** Strings where nothing else is said. */
function keysOf(map: MapShape): Shape {
  return map.keys ?? { kind: "string" };
}
