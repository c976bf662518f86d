/**
 * How a service is named in what is bound to it: the `aud` of a token that only that service may read, and the `act` of
 * one with which it acts for somebody. In the token's own namespace the name alone; of another namespace with that
 * before it, because a service of the same name there is somebody else.
 */

/** `trip`, or `acme/trip` when it is in another namespace than the token. */
export function audienceOf(tokenNamespace: string, namespace: string, service: string): string {
  return namespace === tokenNamespace ? service : `${namespace}/${service}`;
}

/**
 * Whether what is bound to this audience may be bound to one of these services. In which namespace, whoever is called
 * has to say, who knows that of the token.
 */
export function isForOneOf(services: ReadonlySet<string>, audience: string): boolean {
  return services.has(audience.slice(audience.lastIndexOf("/") + 1));
}
