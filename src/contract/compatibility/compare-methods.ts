/** One method that both contracts have: its kind, its messages, its errors, its binding. */
import type { ErrorDescriptor, MethodDescriptor } from "../descriptor.ts";
import { httpBindingKey, readHttpBinding, routeOf } from "../http-binding.ts";
import type { ObjectShape } from "../shape.ts";
import { breaksBoth, breaksNewer, breaksOlder, type Change, harmless } from "./change.ts";
import { isBreaking, type Side, type Verdicts, verdictsOf } from "./change.ts";
import { compareMessages } from "./compare-messages.ts";

export function compareMethods(
  older: MethodDescriptor,
  newer: MethodDescriptor,
  numbered: boolean,
): Change[] {
  const comparison = new MethodComparison(older.name, numbered);
  if (older.kind !== newer.kind) {
    const text = `is ${newer.kind}, was ${older.kind}: the two sides do not wait for the same`;
    comparison.tell({ path: "", text, verdicts: breaksBoth });
  }
  comparison.messages(older.input, newer.input, { side: "input", path: "input" });
  comparison.messages(older.output, newer.output, { side: "output", path: "output" });
  comparison.errors(older.errors ?? {}, newer.errors ?? {});
  comparison.promises(older, newer);
  comparison.bindings(older, newer);
  return comparison.changes;
}

interface Place {
  readonly side: Side;
  readonly path: string;
}

class MethodComparison {
  readonly changes: Change[] = [];
  readonly #method: string;
  readonly #numbered: boolean;

  constructor(method: string, numbered: boolean) {
    this.#method = method;
    this.#numbered = numbered;
  }

  tell({ path, text, verdicts }: { path: string; text: string; verdicts: Verdicts }): void {
    const protobuf = this.#numbered ? verdicts : harmless;
    this.changes.push({ method: this.#method, path, text, json: verdicts, protobuf });
  }

  messages(older: ObjectShape | undefined, newer: ObjectShape | undefined, place: Place): void {
    // Where one of them has none, the method is of another kind.
    if (!older || !newer) return;
    const terms = { ...place, numbered: this.#numbered };
    for (const { path, text, why, json, protobuf } of compareMessages(older, newer, terms)) {
      const change = {
        method: this.#method,
        path,
        text,
        json: verdictsOf(json, place.side),
        protobuf: verdictsOf(protobuf, place.side),
      };
      const isExplained = why !== undefined && isBreaking(change);
      this.changes.push(isExplained ? { ...change, text: `${text}: ${why}` } : change);
    }
  }

  errors(older: Errors, newer: Errors): void {
    for (const [reason, error] of Object.entries(older)) {
      const path = `errors.${reason}`;
      const after = Object.hasOwn(newer, reason) ? newer[reason] : undefined;
      if (after) this.#error(error, after, path);
      else this.tell({ path, text: "is gone", verdicts: harmless });
    }
    for (const reason of Object.keys(newer)) {
      if (Object.hasOwn(older, reason)) continue;
      // An older caller sees its code, as of every error that has no type.
      this.tell({ path: `errors.${reason}`, text: "is new", verdicts: harmless });
    }
  }

  #error(older: ErrorDescriptor, newer: ErrorDescriptor, path: string): void {
    if (older.code !== newer.code) {
      const text = `has the code ${newer.code}, had ${older.code}: callers decide by it`;
      this.tell({ path, text, verdicts: breaksBoth });
    }
    if (older.data && !newer.data) {
      const text = "carries no data any more: older callers read it";
      this.tell({ path, text, verdicts: breaksOlder });
    } else if (!older.data && newer.data) {
      this.tell({ path, text: "carries data", verdicts: breaksNewer });
    } else this.messages(older.data, newer.data, { side: "output", path: `${path}.data` });
  }

  promises(older: MethodDescriptor, newer: MethodDescriptor): void {
    if (older.idempotent === newer.idempotent) return;
    if (newer.idempotent) this.tell({ path: "", text: "is idempotent now", verdicts: breaksNewer });
    else {
      const text = "is not idempotent any more: older callers repeat it when an answer is lost";
      this.tell({ path: "", text, verdicts: breaksOlder });
    }
  }

  /** What protobuf is spoken over knows no bindings. */
  bindings(older: MethodDescriptor, newer: MethodDescriptor): void {
    const [was, is] = [bindingOf(older), bindingOf(newer)];
    if (was?.key !== is?.key) {
      const what = is ? `is bound to "${is.key}"` : "has no HTTP binding any more";
      const text = was ? `${what}, was bound to "${was.key}": older callers ask there` : what;
      this.#binding(text, was ? (is ? breaksBoth : breaksOlder) : breaksNewer);
    } else if (was && is) {
      if (was.body !== is.body) {
        const text = `takes ${is.body} as its body over HTTP, took ${was.body}: older callers send that`;
        this.#binding(text, breaksBoth);
      }
      if (was.status !== is.status) {
        const text = `answers ${is.status} over HTTP, answered ${was.status}: callers decide by it`;
        this.#binding(text, breaksBoth);
      }
      if (was.hasLocation && !is.hasLocation) {
        this.#binding("answers without a location over HTTP: older callers go there", breaksOlder);
      }
    }
  }

  #binding(text: string, json: Verdicts): void {
    this.changes.push({ method: this.#method, path: "", text, json, protobuf: harmless });
  }
}

type Errors = { readonly [reason: string]: ErrorDescriptor };

/** The binding without the names of its fields, which are judged where they stand. */
function bindingOf(method: MethodDescriptor) {
  if (method.http === undefined) return undefined;
  const binding = readHttpBinding(method.http, method);
  // One that cannot be read is compared as it was written.
  if (typeof binding === "string") {
    return { key: routeOf(method.http), status: undefined, body: "nothing", hasLocation: false };
  }
  const { status, location, bodyField } = binding;
  const body = bodyField === undefined ? "all fields" : `"${bodyField}"`;
  return { key: httpBindingKey(binding), status, body, hasLocation: location !== undefined };
}
