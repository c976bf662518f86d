/** Methods that are gone and others that are new and say the same: whoever renamed one is told so. */
import type { ContractDescriptor, MethodDescriptor } from "../descriptor.ts";
import { canonicalJson } from "../digest.ts";

/** Old name to new name. */
export function renamedMethods(
  older: ContractDescriptor,
  newer: ContractDescriptor,
): ReadonlyMap<string, string> {
  const gone = Object.values(older.methods).filter(
    ({ name }) => !Object.hasOwn(newer.methods, name),
  );
  const fresh = Object.values(newer.methods).filter(
    ({ name }) => !Object.hasOwn(older.methods, name),
  );
  const free = new Map(fresh.map((method) => [method.name, saysOf(method)]));
  const renamed = new Map<string, string>();
  for (const method of gone) {
    const says = saysOf(method);
    const found = [...free].find(([, other]) => other === says);
    if (found === undefined) continue;
    renamed.set(method.name, found[0]);
    free.delete(found[0]);
  }
  return renamed;
}

/** A method without fields is like every other one, which makes no new name of it. */
function saysOf({
  name,
  description: _description,
  http: _http,
  ...method
}: MethodDescriptor): string {
  const isBlank = Object.keys(method.input.fields).length === 0 && !method.output;
  return isBlank ? name : canonicalJson(method);
}
