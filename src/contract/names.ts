/** The rules for names, in one place because they end up in URLs, DNS, file names, flags and other languages. */

/** One DNS label. No dots: `greeter.orders` is the service of a namespace, and a config path. */
export function serviceNameProblem(name: string): string | undefined {
  if (/^[a-z][a-z0-9-]{0,62}$/u.test(name) && !name.endsWith("-")) return undefined;
  return "a service name is 1 to 63 of a-z, 0-9 and -, starts with a letter and does not end with -";
}

/** A plain identifier, because methods are called as `client.hello()` and typed as `reef greeter hello`. */
export function methodNameProblem(name: string): string | undefined {
  if (!/^[A-Za-z][A-Za-z0-9_]{0,62}$/u.test(name)) {
    return "a method name is 1 to 63 of A-Z, a-z, 0-9 and _, and starts with a letter";
  }
  return reserved.has(name)
    ? "this name has a meaning of its own in JavaScript, so a client could not have such a method"
    : undefined;
}

/** The name of a typed error. */
export function reasonProblem(reason: string): string | undefined {
  return (
    methodNameProblem(reason) && "a reason is a plain identifier such as notFound or not_found"
  );
}

/** `trip.created`: words and dots, as subjects of brokers and names of event streams have them. */
export function channelNameProblem(name: string): string | undefined {
  if (name.length <= 200 && /^[a-z][a-z0-9_-]*(?:\.[a-z][a-z0-9_-]*)*$/u.test(name))
    return undefined;
  return "a channel name is words of a-z, 0-9, - and _ with dots between them, at most 200 characters";
}

export function versionProblem(version: string): string | undefined {
  return semver.test(version) ? undefined : "a version is a semantic version such as 1.2.0";
}

/**
 * `then`: an object that has it is taken for a promise. The others: every object has them already, or a runtime calls
 * them unasked.
 */
const reserved: ReadonlySet<string> = new Set([
  ...Object.getOwnPropertyNames(Object.prototype),
  "then",
  "catch",
  "finally",
  "prototype",
  "toJSON",
]);

/** Source: https://semver.org, with the length that keeps it readable in a list. */
const semver =
  /^(?=.{1,64}$)(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/u;
