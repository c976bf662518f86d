/**
 * How a shape is laid out in protobuf: every decision of the mapping, made once, so that the interpreted codec and the
 * generated one cannot disagree about it. Why it is as it is: docs/decisions/0014.
 */
import { readJson } from "../json-read.ts";
import { isProtoMessage, isRequired, type Definitions } from "../shape-check.ts";
import type { Field, ObjectShape, Shape } from "../shape.ts";
import { scalarPlan, type CodedShape, type ScalarPlan } from "./scalars.ts";
import { jsonPlan, timestampPlan } from "./well-known.ts";

export type Plan = ScalarPlan | MessagePlan;

/**
 * What stands between two lengths. `form` says what its fields are to the reader: an object, or something else that
 * protobuf needs a message for: `nullable` and `wrapper` have the one field `value`, `items` has a list or a map, and
 * `entry` is one of a map.
 */
export interface MessagePlan {
  readonly type: "message";
  readonly form: "object" | "nullable" | "wrapper" | "items" | "entry" | "timestamp" | JsonForm;
  /** Filled after the plan is known, as messages may contain themselves. */
  readonly fields: FieldPlan[];
  readonly byNumber: Map<number, FieldPlan>;
  /** Of the fields of each, one at most is there. */
  readonly groups: (readonly FieldPlan[])[];
}

export type JsonForm = "json" | "struct" | "list";

export interface FieldPlan {
  readonly name: string;
  readonly number: number;
  readonly label: "one" | "list" | "map";
  /** Of the field, of each item of a list, or the entry of a map. */
  readonly value: Plan;
  /** Numbers of a list are written in one piece. */
  readonly packed: boolean;
  readonly delimited: boolean;
  /** Zero is not written, and what is not there is zero. */
  readonly implicit: boolean;
  /** A sender has to give it. */
  readonly required: boolean;
  /** What a reader sees when it is not there; a new one for each. */
  readonly absent: () => unknown;
  /** What a sender writes when it has nothing. */
  readonly unsent: () => unknown;
  /** Fields that are no longer there when this one is. */
  rivals: readonly FieldPlan[];
}

/** The plan of a message; undefined when something in it has no number. */
export function planMessage(shape: ObjectShape): MessagePlan | undefined {
  const plan = planShape(shape, shape.definitions ?? {}, isProtoMessage(shape));
  return plan?.type === "message" ? plan : undefined;
}

/** The plan where there is one value; undefined as above. */
export function planShape(
  shape: Shape,
  definitions: Definitions,
  isProto: boolean,
): Plan | undefined {
  try {
    return new Planner(definitions, isProto).single(shape);
  } catch (error) {
    if (error === unnumbered) return undefined;
    throw error;
  }
}

/** Ends the walk; it never leaves this file. */
const unnumbered = new Error("A field has no number");

export function emptyPlan(form: MessagePlan["form"]): MessagePlan {
  return { type: "message", form, fields: [], byNumber: new Map(), groups: [] };
}

/** A field that reef and protobuf's own messages number themselves. */
export function fieldPlan(
  name: string,
  number: number,
  value: Plan,
  options: Partial<FieldPlan> = {},
): FieldPlan {
  const nothing = (): unknown => undefined;
  return {
    name,
    number,
    label: "one",
    value,
    packed: false,
    delimited: false,
    implicit: false,
    required: false,
    absent: nothing,
    unsent: nothing,
    rivals: [],
    ...options,
  };
}

/** Adds the fields; `groups` by their names. */
export function fillPlan(
  plan: MessagePlan,
  fields: readonly FieldPlan[],
  groups: readonly (readonly string[])[] = [],
): MessagePlan {
  for (const field of fields) {
    plan.fields.push(field);
    plan.byNumber.set(field.number, field);
  }
  for (const names of groups) {
    const group = fields.filter(({ name }) => names.includes(name));
    for (const field of group) field.rivals = group.filter((other) => other !== field);
    plan.groups.push(group);
  }
  return plan;
}

/** Both fields of it are always written. */
export function entryPlan(key: ScalarPlan, value: Plan): MessagePlan {
  const fields = [fieldPlan("key", 1, key, { absent: key.zero }), fieldPlan("value", 2, value)];
  return fillPlan(emptyPlan("entry"), fields);
}

class Planner {
  readonly #definitions: Definitions;
  readonly #isProto: boolean;
  /** By the name of the definition. */
  readonly #known = new Map<string, Plan>();

  constructor(definitions: Definitions, isProto: boolean) {
    this.#definitions = definitions;
    this.#isProto = isProto;
  }

  /** The plan where there is one value: what protobuf can only repeat has a message around it. */
  single(shape: Shape, known: (plan: Plan) => void = () => {}): Plan {
    const begin = (form: MessagePlan["form"]): MessagePlan => {
      const plan = emptyPlan(form);
      known(plan);
      return plan;
    };
    switch (shape.kind) {
      case "ref":
        return this.#definition(shape.to);
      case "nullable":
        return fillPlan(begin("nullable"), [fieldPlan("value", 1, this.single(shape.inner))]);
      case "wrapper":
        return this.#wrapper(shape.inner, begin("wrapper"));
      case "list":
      case "map": {
        const plan = begin("items");
        return fillPlan(plan, [this.#field("items", { shape, number: 1 })]);
      }
      case "timestamp":
        return timestampPlan();
      case "json":
        return jsonPlan(shape.as);
      case "object": {
        const plan = begin("object");
        const fields = Object.entries(shape.fields);
        const plans = fields.map(([name, field]) => this.#field(name, field));
        return fillPlan(plan, plans, Object.values(shape.oneofs ?? {}));
      }
      case "oneof": {
        const plan = begin("object");
        const { numbers = {} } = shape;
        const plans = Object.entries(shape.variants).map(([name, variant]) => {
          const number = Object.hasOwn(numbers, name) ? numbers[name] : undefined;
          return fieldPlan(name, numberOf(number), this.single(variant));
        });
        return fillPlan(plan, plans, [Object.keys(shape.variants)]);
      }
      default:
        return this.#scalar(shape);
    }
  }

  #definition(to: string): Plan {
    const known = this.#known.get(to);
    if (known) return known;
    // The shape was checked: each ref names a definition, and none is only itself.
    const shape = this.#definitions[to] as Shape;
    const plan = this.single(shape, (early) => this.#known.set(to, early));
    this.#known.set(to, plan);
    return plan;
  }

  #scalar(shape: CodedShape): ScalarPlan {
    const plan = scalarPlan(shape);
    if (!plan) throw unnumbered;
    return plan;
  }

  #wrapper(inner: Shape, plan: MessagePlan): MessagePlan {
    // The shape was checked: what is wrapped is a scalar.
    const value = this.#scalar(inner as CodedShape);
    const field = { implicit: true, required: true, absent: value.zero };
    return fillPlan(plan, [fieldPlan("value", 1, value, field)]);
  }

  #field(name: string, field: Field): FieldPlan {
    const number = numberOf(field.number);
    const { shape } = field;
    const target = this.#target(shape);
    const delimited = field.delimited === true;
    const required = isRequired(field);
    if (target.kind === "list" && isPlain(field)) {
      const value = this.single(target.items);
      const packed = target.packed !== false && value.type === "scalar" && value.wireType !== 2;
      const absent = (): unknown => [];
      const list = { label: "list", packed, delimited, absent, required } as const;
      return fieldPlan(name, number, value, list);
    }
    if (target.kind === "map" && isPlain(field)) {
      const key = this.#scalar((target.keys as CodedShape | undefined) ?? { kind: "string" });
      const absent = (): unknown => ({});
      const entry = entryPlan(key, this.single(target.values));
      return fieldPlan(name, number, entry, { label: "map", absent, required });
    }
    const value = this.single(shape);
    return fieldPlan(name, number, value, {
      delimited,
      ...this.#presence(field, shape, target, value),
    });
  }

  #presence(field: Field, shape: Shape, target: Shape, value: Plan): Partial<FieldPlan> {
    if (field.default !== undefined) {
      // Scalars need no copy; whatever a reader could change is made anew.
      const make = (): unknown => {
        const isProto = this.#isProto;
        return readJson(shape, structuredClone(field.default), this.#definitions, { isProto });
      };
      const implicit = field.implicit === true;
      const sends = !implicit && !this.#isProto;
      return { implicit, absent: make, ...(sends && { unsent: make }) };
    }
    if (!isRequired(field)) return {};
    if (target.kind === "nullable") return { required: true, absent: () => null };
    if (value.type === "message" || value.coding === "enum") return { required: true };
    // The `required` of proto2: others refuse a message without it, so that zero is written, too.
    if (this.#isProto) return { required: true };
    return { required: true, implicit: true, absent: value.zero };
  }

  #target(shape: Shape): Shape {
    if (shape.kind !== "ref") return shape;
    // As in #definition.
    return this.#target(this.#definitions[shape.to] as Shape);
  }
}

/** Whether a list that is not there is an empty one. */
function isPlain(field: Field): boolean {
  return field.implicit === true || isRequired(field);
}

function numberOf(number: number | undefined): number {
  if (number === undefined) throw unnumbered;
  return number;
}
