/** In which order children start: dependencies first, otherwise as they were added. They stop the other way round. */
import { ReefError } from "../core/errors.ts";

interface Dependent {
  readonly name: string;
  readonly dependsOn?: readonly string[];
}

/**
 * The names of `children`, each after everything it depends on.
 * @throws {ReefError} `invalid_argument` for a dependency that is not among them, or that leads back to its dependent
 */
export function startOrder(children: Iterable<Dependent>): string[] {
  const byName = new Map<string, Dependent>();
  for (const child of children) byName.set(child.name, child);
  const placed = new Set<string>();
  for (const child of byName.values()) place(child, []);
  return [...placed];

  function place(child: Dependent, path: readonly string[]): void {
    if (placed.has(child.name)) return;
    if (path.includes(child.name)) throw cycle([...path, child.name]);
    for (const name of child.dependsOn ?? []) {
      const dependency = byName.get(name);
      if (!dependency) throw unknownDependency(child.name, name, byName.keys());
      place(dependency, [...path, child.name]);
    }
    placed.add(child.name);
  }
}

function cycle(path: readonly string[]): ReefError {
  const circle = path.slice(path.indexOf(path.at(-1) ?? ""));
  const arrows = circle.map((name) => `"${name}"`).join(" -> ");
  return new ReefError(
    "invalid_argument",
    `Cannot order children: a child cannot wait for itself, ${arrows}; remove one of these dependencies`,
  );
}

function unknownDependency(child: string, name: string, known: Iterable<string>): ReefError {
  const others = [...known].filter((other) => other !== child).join(", ") || "none";
  return new ReefError(
    "invalid_argument",
    `Cannot start "${child}": it depends on "${name}", which is not a child here (others: ${others}); ` +
      `add both at once or "${name}" first`,
  );
}
