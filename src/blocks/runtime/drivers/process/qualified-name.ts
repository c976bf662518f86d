/** The full name of a service in this runtime. */
export interface QualifiedName {
  readonly namespace: string;
  readonly name: string;
}

/** As one word, unique in a runtime: neither part of a name that is in use has a slash. */
export function joinName({ namespace, name }: QualifiedName): string {
  return `${namespace}/${name}`;
}
