/**
 * The same bytes to this server and to Node's: what RFC 9113 leaves open both should decide alike, and where they do
 * not it is said why.
 */
import assert from "node:assert/strict";
import { test } from "node:test";

import { frameCases, ungreeted } from "./fixtures/frame-cases.ts";
import { requestCases } from "./fixtures/request-cases.ts";
import { openTwoServers } from "./test-two-servers.ts";
import { greeting, verdictOf } from "./test-verdict.ts";

const noAnswer = "reset 1 protocolError";
const malformed = "Node's leaves the header out and serves the request";

/** What this server says where Node's says something else, and why. */
const deliberate: { readonly [section: string]: readonly [verdict: string, why: string] } = {
  "3.4 another preface": ["closed, goaway protocolError", "Node's says that the fault is its own"],
  "5.1 DATA on a half-closed stream": [
    "reset 1 streamClosed",
    "an error of the stream, whose connection has others",
  ],
  "5.1 HEADERS on a half-closed stream": ["reset 1 streamClosed", "as above"],
  "5.1.1 a lower stream": [
    "closed, goaway streamClosed",
    "it is over without having been begun; Node's ignores it",
  ],
  "5.1.2 more streams than allowed": [
    "reset 9 refusedStream",
    "its caller may try it again; Node's closes the connection",
  ],
  "5.3 a stream that depends on itself": ["1 200, 1 data 5 end", "priorities are read no more"],
  "6.3 PRIORITY on stream 0": ["closed, goaway protocolError", "as the section says"],
  "6.5.3 SETTINGS that confirm what was not said": [
    "1 200, 1 data 5 end",
    "it does no harm, within the limit of idle frames",
  ],
  "6.7 PING that answers": ["-", "as above"],
  "6.9 WINDOW_UPDATE by nothing on a stream": [
    "reset 1 protocolError",
    "an error of the stream, as the section says",
  ],
  "6.9.1 a stream's window that is too wide": ["reset 1 flowControlError", "as above"],
  "8.1.1 content-length that is less": ["reset 1 protocolError", "as above"],
  "8.2.1 an empty name": [noAnswer, malformed],
  "8.2.1 a space in a name": [noAnswer, malformed],
  "8.2.1 a colon in a name": [noAnswer, malformed],
  "8.2.1 a new line in a name": [noAnswer, malformed],
  "8.2.1 a letter of latin-1 in a name": [noAnswer, malformed],
  "8.2.1 a zero in a value": [noAnswer, malformed],
  "8.2.1 CR LF in a value": [noAnswer, malformed],
  "8.2.1 LF in a value": [noAnswer, malformed],
  "8.2.1 CR in a value": [noAnswer, malformed],
  "8.2.1 a control character in a value": [noAnswer, malformed],
  "8.2.1 DEL in a value": [noAnswer, malformed],
  "8.3.1 an empty host": [
    "1 200, 1 data 5 end",
    "the authority counts; the guard of the port looks at both",
  ],
};

test("Http2Server decides as Node's server does, or it is said why not", async () => {
  using servers = await openTwoServers(4);
  const cases = [
    ...Object.entries(ungreeted),
    ...Object.entries({ ...frameCases, ...requestCases }).map(([section, bytes]) => {
      return [section, Buffer.concat([greeting, bytes])] as const;
    }),
  ];
  const unlike = await Promise.all(
    cases.map(async ([section, bytes]) => {
      const [our, its] = await Promise.all([
        verdictOf(servers.ours, bytes),
        verdictOf(servers.nodes, bytes),
      ]);
      const expected = deliberate[section]?.[0] ?? its;
      return our === expected ? [] : [`${section}: ${our}, Node's ${its}`];
    }),
  );
  assert.deepEqual(unlike.flat(), []);
  const known = new Set(cases.map(([section]) => section));
  assert.deepEqual(
    Object.keys(deliberate).filter((section) => !known.has(section)),
    [],
  );
});
