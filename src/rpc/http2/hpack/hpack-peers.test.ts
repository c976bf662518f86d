/** What others write is read here, and the other way round: Node's own HTTP/2, and Debian's python3-hpack. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { connect } from "node:http2";
import { type AddressInfo, createServer } from "node:net";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { createRandom } from "../../../testing/random.ts";
import { soon } from "../../../testing/soon.ts";
import { HpackDecoder } from "./hpack-decoder.ts";
import { encodeHeaders } from "./hpack-encoder.ts";

const limits = { tableBytes: 4_096, listBytes: 1_000_000, headersMax: 1_000 };

/** Debian's, which has the library; another one may come first in the PATH. */
const python = "/usr/bin/python3";
const missing = [python, "/usr/lib/python3/dist-packages/hpack"].find((path) => !existsSync(path));
const skip = missing === undefined ? false : `${missing} is missing`;
const seed = Number(process.env["REEF_SEED"] ?? 7_541);

interface RandomField {
  readonly name: string;
  readonly value: string;
  readonly secret: boolean;
}

test(
  `HpackDecoder reads what python3-hpack writes, and it reads ours, lists of seed ${seed}`,
  { skip },
  () => {
    const random = createRandom(seed);
    const below = (limit: number) => Math.floor(random() * limit);
    const known = Array.from({ length: 60 }, () => randomField(below));
    const lists = Array.from({ length: 400 }, () => ({
      tableBytes: below(20) === 0 ? below(4_097) : null,
      huffman: below(3) > 0,
      fields: Array.from({ length: below(12) }, () => {
        return (below(3) > 0 ? known[below(known.length)] : undefined) ?? randomField(below);
      }),
    }));
    const ours = lists.map(({ fields }) => encodeHeaders(asHeaders(fields)).toString("hex"));
    const script = fileURLToPath(new URL("fixtures/python_hpack.py", import.meta.url));
    const input = JSON.stringify({ lists, blocks: ours });
    const ended = spawnSync(python, [script], { input, maxBuffer: 100_000_000, encoding: "utf8" });
    assert.equal(ended.stderr, "");
    const theirs: { blocks: string[]; lists: string[][] } = JSON.parse(ended.stdout);
    const decoder = new HpackDecoder(limits);
    for (const [index, { fields }] of lists.entries()) {
      const flat = fields.flatMap(({ name, value }) => [name, value]);
      const block = Buffer.from(theirs.blocks[index] ?? "", "hex");
      assert.deepEqual(decoder.decode(block).fields, flat);
      const sent = Object.entries(asHeaders(fields)).flat();
      assert.deepEqual(theirs.lists[index], sent);
    }
  },
);

/** A name of the static table or another, a value of any bytes or of those that headers have. */
function randomField(below: (limit: number) => number): RandomField {
  const names = ["content-type", "te", "authorization", "grpc-timeout", "x-request-id", "accept"];
  const name = names[below(2 * names.length)] ?? `x-${below(1_000)}`;
  const length = below(10) === 0 ? below(1_500) : below(40);
  const [from, count] = below(4) === 0 ? [0, 256] : [0x20, 95];
  const value = Array.from({ length }, () => String.fromCharCode(from + below(count))).join("");
  return { name, value, secret: below(5) === 0 };
}

/** Of several values of a name the last; without those that we do not send. */
function asHeaders(fields: readonly RandomField[]): Record<string, string> {
  const sendable = fields.filter(({ value }) => /^[\t\x20-\x7e\x80-\xff]*$/.test(value));
  return Object.fromEntries(sendable.map(({ name, value }) => [name, value]));
}

const frame = { headerBytes: 9, headers: 1, settings: 4, priority: 0x20 };

test("HpackDecoder reads what node:http2 writes, with its table and without", async () => {
  for (const tableBytes of [4_096, 0]) {
    const sent = Array.from({ length: 20 }, (_, n) => ({
      ":method": "POST",
      ":path": `/probe.v1.Probe/Hello${n % 3}`,
      "x-same": "ünchanged (value)",
      "x-new": `${n}`.repeat(n),
      ...(n % 2 === 0 && { authorization: `Bearer ${n}` }),
    }));
    const decoder = new HpackDecoder(limits);
    const lists = (await blocksOf(sent, tableBytes)).map((block) => decoder.decode(block).fields);
    assert.equal(lists.length, sent.length);
    for (const [index, fields] of lists.entries()) {
      const pairs = Array.from({ length: fields.length / 2 }, (_, n) =>
        fields.slice(2 * n, 2 * n + 2),
      );
      const { ":scheme": scheme, ":authority": authority, ...rest } = Object.fromEntries(pairs);
      assert.deepEqual(rest, sent[index]);
      assert.equal(scheme, "http");
      assert.match(String(authority), /^127\.0\.0\.1:/);
    }
  }
});

/** The header blocks of requests of Node's client to a server that says `tableBytes` first. */
async function blocksOf(sent: readonly object[], tableBytes: number): Promise<Buffer[]> {
  let received = Buffer.alloc(0);
  const blocks: Buffer[] = [];
  const all = Promise.withResolvers<void>();
  const listener = createServer((socket) => {
    const settings = Buffer.from([0, 0, 6, frame.settings, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]);
    settings.writeUInt32BE(tableBytes, settings.length - 4);
    socket.write(settings);
    let preface = 24;
    socket.on("error", () => {});
    socket.on("data", (chunk: Buffer) => {
      received = Buffer.concat([received, chunk.subarray(preface)]);
      preface = 0;
      while (received.length >= frame.headerBytes) {
        const end = frame.headerBytes + received.readUIntBE(0, 3);
        if (received.length < end) break;
        if (received[3] === frame.headers) blocks.push(blockOf(received.subarray(0, end)));
        received = received.subarray(end);
      }
      if (blocks.length === sent.length) all.resolve();
    });
  });
  await once(listener.listen(0, "127.0.0.1"), "listening");
  // It listens on TCP.
  const { port } = listener.address() as AddressInfo;
  const session = connect(`http://127.0.0.1:${port}`);
  session.on("error", () => {});
  await soon("SETTINGS", once(session, "remoteSettings"));
  for (const headers of sent) session.request({ ...headers }).on("error", () => {});
  await soon("the blocks", all.promise);
  session.destroy();
  listener.close();
  return blocks;
}

function blockOf(bytes: Buffer): Buffer {
  const hasPriority = ((bytes[4] ?? 0) & frame.priority) !== 0;
  return bytes.subarray(frame.headerBytes + (hasPriority ? 5 : 0));
}
