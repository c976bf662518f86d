/** What a namespace becomes, and what it may not become. */
import { ReefError } from "../../../../core/errors.ts";
import { homeNamespace } from "../../../../core/namespace-access.ts";
import { basesMax, type Namespace, type NamespaceChange, namespacesMax } from "../../index.ts";

/** As they are now, by name. */
export type All = ReadonlyMap<string, Namespace>;

/** As the registry has it, which a driver may not import. */
const platformName = "reef";

export const firstNames: readonly string[] = [homeNamespace, platformName];

/**
 * A namespace after a change; what is taken away is not there any more, even where it is given beside.
 * @throws {ReefError} `failed_precondition` for the platform's own: a quota would stop the platform
 */
export function changed(
  before: Namespace,
  { base, quotas, without = [] }: NamespaceChange,
): Namespace {
  const { name, createdMs } = before;
  if (name === platformName) refuseFirst(name, "change");
  const isLeft = ([key, value]: readonly [string, unknown]): boolean =>
    value !== undefined && !without.some((each) => each === key);
  const merged = Object.entries({ ...before.quotas, ...quotas }).filter(isLeft);
  const after = Object.entries({ base: base ?? before.base }).filter(isLeft);
  return { name, ...Object.fromEntries(after), quotas: Object.fromEntries(merged), createdMs };
}

/** @throws {ReefError} when this one may not have the base that it names */
export function refuseBase({ name, base }: Namespace, all: All): void {
  if (base === undefined) return;
  refuseFirst(name, "give a base to");
  if (base === platformName)
    throw refused(name, `"${base}" is the platform's own; choose another base`);
  const chain = [name];
  for (let next: string | undefined = base; next !== undefined; next = all.get(next)?.base) {
    if (!all.has(next)) throw noBase(name, next);
    chain.push(next);
    if (next === name)
      throw refused(name, `it would be its own base, ${chain.join(" -> ")}; choose another base`);
    if (chain.length - 1 > basesMax) {
      throw refused(
        name,
        `its bases are ${chain.slice(1).join(" -> ")}, more than ${basesMax}; choose one of the last`,
      );
    }
  }
  // Those that have this one as their base have all of its bases, too.
  const deepest = Math.max(0, ...[...all.values()].map((each) => depthTo(each, name, all)));
  const length = deepest + chain.length - 1;
  if (length > basesMax)
    throw refused(
      name,
      `a branch of it would have ${length} bases, more than ${basesMax}; choose another base`,
    );
}

/** How many bases away that one is from this one; 0 where it is none of its bases. */
function depthTo(from: Namespace, name: string, all: All): number {
  let depth = 0;
  for (let next = from.base; next !== undefined; next = all.get(next)?.base) {
    depth += 1;
    if (next === name) return depth;
    if (depth > basesMax) return 0;
  }
  return 0;
}

/** @throws {ReefError} `failed_precondition` for the two that are always as they are */
export function refuseFirst(name: string, verb: string): void {
  if (!firstNames.includes(name)) return;
  const text = `Cannot ${verb} the namespace "${name}": every platform has it as it is; create another one`;
  throw new ReefError("failed_precondition", text, { maybeExecuted: false });
}

/** @throws {ReefError} `failed_precondition` while somebody needs it */
export function refuseInUse(name: string, all: All, contents: readonly string[]): void {
  const branches = [...all.values()].filter(({ base }) => base === name);
  if (branches.length > 0) {
    const names = branches.map((each) => `"${each.name}"`).join(", ");
    const first = branches[0]?.name;
    const rule = `it is the base of ${names}; delete that first, or "reef namespace change ${first} --no-base"`;
    throw new ReefError("failed_precondition", `Cannot delete the namespace "${name}": ${rule}`, {
      maybeExecuted: false,
    });
  }
  if (contents.length === 0) return;
  const rule = `it is not empty, ${contents.join(", ")}; "reef namespace delete ${name} --force" deletes all of it`;
  throw new ReefError("failed_precondition", `Cannot delete the namespace "${name}": ${rule}`, {
    maybeExecuted: false,
  });
}

/** @throws {ReefError} `resource_exhausted` */
export function refuseMore(all: All): void {
  if (all.size < namespacesMax) return;
  const text = `Cannot create another namespace: ${all.size} are there, which is the limit; delete some first`;
  throw new ReefError("resource_exhausted", text, { maybeExecuted: false });
}

function refused(name: string, rule: string): ReefError {
  const text = `Cannot give that base to the namespace "${name}": ${rule}`;
  return new ReefError("failed_precondition", text, { maybeExecuted: false });
}

function noBase(name: string, base: string): ReefError {
  const rule = `there is no namespace "${base}"; "reef namespace list" lists those that are there`;
  const text = `Cannot give that base to the namespace "${name}": ${rule}`;
  return new ReefError("not_found", text, { maybeExecuted: false });
}
