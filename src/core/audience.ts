/**
 * How a service is named in what is bound to it: the `aud` of a token that only that service may read, and the `act` of
 * one with which it acts for somebody. In the token's own namespace the name alone; of another namespace with that
 * before it, because a service of the same name there is somebody else.
 */

/** All names that a service has in tokens: in those of its own namespace, and in those of others. */
export function audiencesOf(namespace: string, service: string): readonly string[] {
  return [service, `${namespace}/${service}`];
}

/** `trip`, or `acme/trip` when it is in another namespace than the token. */
export function audienceOf(tokenNamespace: string, namespace: string, service: string): string {
  return namespace === tokenNamespace ? service : `${namespace}/${service}`;
}
