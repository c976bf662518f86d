/**
 * The option `google.api.http`: where a method is over HTTP, as `.proto` files say it.
 * Source: https://github.com/googleapis/googleapis/blob/master/google/api/http.proto
 */
import { WireReader } from "./wire-reader.ts";
import { WireWriter, wireTypes } from "./wire-writer.ts";

export interface HttpRule {
  readonly verb: string;
  readonly path: string;
  /** The field that is the body, or `*` for all that is not in the path. */
  readonly body?: string;
}

/** The number of the extension of `google.protobuf.MethodOptions`. */
export const httpExtension = 72_295_728;

const verbs = { GET: 2, PUT: 3, POST: 4, DELETE: 5, PATCH: 6 } as const;
const bodyNumber = 7;
const customNumber = 8;

/** The option as the bytes that `Options.custom` has. */
export function encodeHttpRule({ verb, path, body }: HttpRule): Uint8Array {
  const writer = new WireWriter();
  writer.tag(httpExtension, wireTypes.bytes);
  writer.sized(() => {
    // Bindings were checked: these are all the verbs that they have.
    writer.tag(verbs[verb as keyof typeof verbs], wireTypes.bytes);
    writer.string(path);
    if (body === undefined) return;
    writer.tag(bodyNumber, wireTypes.bytes);
    writer.string(body);
  });
  return writer.finish();
}

/** The rule among the custom options of a method; undefined when there is none. */
export function decodeHttpRule(custom: Uint8Array | undefined): Partial<HttpRule> | undefined {
  if (custom === undefined) return undefined;
  const reader = new WireReader(custom, "the options of a method");
  let found: Partial<HttpRule> | undefined;
  while (!reader.done) {
    const { number, wireType } = reader.tag();
    if (number === httpExtension && wireType === wireTypes.bytes) found = readRule(reader.bytes());
    else reader.skip(number, wireType);
  }
  return found;
}

/** Of its first binding; others, and what is said of the answer, ours cannot say. */
function readRule(bytes: Uint8Array): Partial<HttpRule> {
  const reader = new WireReader(bytes, "an HTTP rule");
  let rule: Partial<HttpRule> = {};
  while (!reader.done) {
    const { number, wireType } = reader.tag();
    const verb = Object.entries(verbs).find(([, each]) => each === number)?.[0];
    if (verb !== undefined) rule = { ...rule, verb, path: reader.string() };
    else if (number === bodyNumber) rule = { ...rule, body: reader.string() };
    else if (number === customNumber) rule = { ...rule, ...readCustom(reader.bytes()) };
    else reader.skip(number, wireType);
  }
  return rule;
}

/** A verb that has no field of its own. */
function readCustom(bytes: Uint8Array): HttpRule {
  const reader = new WireReader(bytes, "an HTTP rule");
  let rule: HttpRule = { verb: "", path: "" };
  while (!reader.done) {
    const { number, wireType } = reader.tag();
    if (number === 1) rule = { ...rule, verb: reader.string() };
    else if (number === 2) rule = { ...rule, path: reader.string() };
    else reader.skip(number, wireType);
  }
  return rule;
}
