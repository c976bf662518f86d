/** A path with fields in it, `/hello/{name}`: where a method is, and where its answer's thing is. */

export type HttpSegment = { readonly literal: string } | { readonly field: string };

/** The segments of a path that starts with a slash; or the rule that it breaks. */
export function parsePathTemplate(path: string): readonly HttpSegment[] | string {
  const segments: HttpSegment[] = [];
  for (const text of path === "/" ? [] : path.slice(1).split("/")) {
    const segment = parseSegment(text);
    if (typeof segment === "string") return segment;
    segments.push(segment);
  }
  return segments;
}

/** A segment, or the rule that it breaks. */
function parseSegment(text: string): HttpSegment | string {
  const field = /^\{(.+)\}$/u.exec(text)?.[1];
  if (field !== undefined) return { field };
  if (text === "") return 'a path has no empty segment and does not end with "/"';
  if (text === "." || text === "..") return `"${text}" is not a name in a path`;
  if (/[{}]/u.test(text)) return `a field is a whole segment, "${text}" is only in part one`;
  if (/^[A-Za-z0-9._~-]+$/u.test(text)) return { literal: text };
  return `"${text}" has characters that a path would have to escape`;
}
