/** The fields that every HPACK block may refer to by number (RFC 7541, appendix A). */

/** A line per field; the first is number 1. */
const fields = `:authority
:method  GET
:method  POST
:path  /
:path  /index.html
:scheme  http
:scheme  https
:status  200
:status  204
:status  206
:status  304
:status  400
:status  404
:status  500
accept-charset
accept-encoding  gzip, deflate
accept-language
accept-ranges
accept
access-control-allow-origin
age
allow
authorization
cache-control
content-disposition
content-encoding
content-language
content-length
content-location
content-range
content-type
cookie
date
etag
expect
expires
from
host
if-match
if-modified-since
if-none-match
if-range
if-unmodified-since
last-modified
link
location
max-forwards
proxy-authenticate
proxy-authorization
range
referer
refresh
retry-after
server
set-cookie
strict-transport-security
transfer-encoding
user-agent
vary
via
www-authenticate`;

const rows = fields.split("\n").map((row) => row.split("  "));

/** By number; 0 is none. */
export const staticNames: readonly string[] = ["", ...rows.map(([name = ""]) => name)];
export const staticValues: readonly string[] = ["", ...rows.map(([, value = ""]) => value)];

/** The first number of the dynamic table. */
export const staticEnd: number = staticNames.length;

export interface StaticName {
  /** The lowest number with this name. */
  readonly index: number;
  /** The numbers of whole fields, by value. */
  readonly fields: ReadonlyMap<string, number>;
}

export const staticName: ReadonlyMap<string, StaticName> = new Map(
  staticNames
    .slice(1)
    .map((name) => [name, { index: staticNames.indexOf(name), fields: fieldsOf(name) }]),
);

function fieldsOf(name: string): Map<string, number> {
  const indexes = staticNames.flatMap((other, index) => (other === name ? [index] : []));
  return new Map(indexes.map((index) => [staticValues[index] ?? "", index]));
}
