/** Tries bad tokens at both entrances, at a pace, until it is told to stop; then it says how many were refused. */
import { Agent, request } from "node:http";
import { mutantsOf } from "../src/core/test-bad-tokens.ts";

const [gateway = "", proxy = "", token = ""] = process.argv.slice(2);

const tokensPerS = 2_000;
/** Between two bursts: finer than timers are precise would be no pace at all. */
const tickMs = 5;
const agent = new Agent({ keepAlive: true, maxSockets: 64 });
const targets = [`${gateway}/store/get`, `${proxy}/store.v1.Store/Get`];

let refused = 0;
let sent = 0;
const startedAt = performance.now();

function knock(bad: string): void {
  const url = targets[sent % targets.length] ?? "";
  sent += 1;
  const headers = { "content-type": "application/json", authorization: `Bearer ${bad}` };
  const asked = request(url, { method: "POST", agent, headers }, (response) => {
    // 429: beyond what a door checks in a second.
    if (response.statusCode !== 401 && response.statusCode !== 429) {
      throw new Error(`It was answered ${response.statusCode}`);
    }
    refused += 1;
    response.resume();
  });
  asked.on("error", () => {});
  asked.end('{"table":"t","key":"aGk="}');
}

/** Most differ in their signature alone, which costs whoever looks the most. */
function* badTokens(): Generator<string> {
  const [head = "", claims = "", signature = ""] = token.split(".");
  for (let seed = 1; ; seed += 1) {
    for (const mutant of mutantsOf(signature, 3, seed)) {
      if (/^[\w-]{86}$/.test(mutant)) yield `${head}.${claims}.${mutant}`;
    }
    for (const mutant of mutantsOf(token, 1, seed)) {
      if (/^[\x21-\x7e]+$/.test(mutant)) yield mutant;
    }
  }
}

const tokens = badTokens();
const ticks = setInterval(() => {
  const due = ((performance.now() - startedAt) / 1_000) * tokensPerS;
  while (sent < due) knock(tokens.next().value ?? "");
}, tickMs);

process.on("message", () => {
  clearInterval(ticks);
  process.send?.(refused);
});
process.send?.("started");
