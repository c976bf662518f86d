/**
 * Other traffic at both entrances beside the callers who are measured, at a pace that answers do not change: with good
 * tokens, or with wrong ones. Cheaper than what it asks for, since on a small machine it would be measured itself.
 */
import { connect, type Socket } from "node:net";
import { setPriority } from "node:os";

/** What comes: good tokens or wrong ones, on kept connections or each on one of its own. */
export type LoadKind = "good" | "wrong" | "good, unkept" | "wrong, unkept";

export interface LoadJob {
  readonly kind: LoadKind;
  readonly gateway: string;
  readonly proxy: string;
  readonly token: string;
  readonly perSecond: number;
}

export interface LoadReport {
  readonly sent: number;
  /** By status; what was cut off without an answer is 0. */
  readonly answers: { readonly [status: string]: number };
  readonly cpuMs: number;
}

/** Between two bursts: finer than timers are precise would be no pace at all. */
const tickMs = 5;
/** Whoever holds answers back is asked on more connections, as an attacker would. */
const connectionsMax = 2_048;

// The arguments were written by whoever forked this.
const job = JSON.parse(process.argv[2] ?? "{}") as LoadJob;
const body = '{"table":"t","key":"aGk="}';
const targets = [
  { url: new URL(job.gateway), path: "/store/get" },
  { url: new URL(job.proxy), path: "/store.v1.Store/Get" },
].map(({ url: { host, hostname, port }, path }) => ({
  to: { host: hostname, port: Number(port), noDelay: true },
  head: `POST ${path} HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n`,
  idle: [] as Socket[],
}));
type Target = (typeof targets)[number];

const keeps = !job.kind.endsWith("unkept");
const answers: { [status: string]: number } = {};
const open = new Set<Socket>();
let sent = 0;

/** Most differ in their signature alone, which costs whoever looks the most; the others are no tokens of ours. */
function nextToken(): string {
  if (job.kind.startsWith("good")) return job.token;
  const [head = "", claims = "", signature = ""] = job.token.split(".");
  const wrong = String(sent).padStart(10, "A");
  if (sent % 4 === 3) return `${head}.${wrong}${claims.slice(wrong.length)}.${signature}`;
  return `${head}.${claims}.${wrong}${signature.slice(wrong.length)}`;
}

function count(status: string): void {
  answers[status] = (answers[status] ?? 0) + 1;
}

function openOn({ to, idle }: Target): Socket {
  const socket = connect(to);
  let asked = 1;
  open.add(socket);
  socket.setEncoding("latin1");
  socket.on("data", (text: string) => {
    // What comes after the head of an answer is its body.
    if (!text.startsWith("HTTP/1.1 ")) return;
    count(text.slice(9, 12));
    asked = 0;
    if (!keeps || /\r\nconnection: close/i.test(text)) socket.destroy();
    else idle.push(socket);
  });
  socket.on("error", () => {});
  socket.on("close", () => {
    open.delete(socket);
    const at = idle.indexOf(socket);
    if (at >= 0) idle.splice(at, 1);
    if (asked > 0) count("0");
  });
  socket.on("asked", () => (asked = 1));
  return socket;
}

function ask(target: Target): void {
  const kept = target.idle.pop();
  if (!kept && open.size >= connectionsMax) return;
  const socket = kept ?? openOn(target);
  if (kept) socket.emit("asked");
  socket.write(`${target.head}Authorization: Bearer ${nextToken()}\r\n\r\n${body}`, "latin1");
  sent += 1;
}

// It must not take the processor from those whom it is to disturb by what it sends alone.
setPriority(10);
const startedAt = performance.now();
const cpuBefore = process.cpuUsage();
let due = 0;
const ticks = setInterval(() => {
  const now = ((performance.now() - startedAt) / 1_000) * job.perSecond;
  for (; due < now; due += 1) ask(targets[due % targets.length]!);
}, tickMs);

process.on("message", () => {
  clearInterval(ticks);
  for (const socket of open) socket.destroy();
  const { user, system } = process.cpuUsage(cpuBefore);
  const report: LoadReport = { sent, answers, cpuMs: (user + system) / 1_000 };
  process.send?.(report);
});
process.send?.("started");
