/** The full name of a service in this runtime. */
import { namespaceDefault, type ServiceName } from "../../index.ts";

export interface QualifiedName {
  readonly namespace: string;
  readonly name: string;
}

export function qualifiedName({ namespace = namespaceDefault, name }: ServiceName): QualifiedName {
  return { namespace, name };
}

/** As one word, unique in a runtime: neither part of a name that is in use has a slash. */
export function joinName({ namespace, name }: QualifiedName): string {
  return `${namespace}/${name}`;
}
