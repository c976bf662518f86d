/**
 * What the table calls additive is held against the codecs: the one side writes, the other reads and finds it valid.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeBytes } from "../byte-sink.ts";
import { contractFromDescriptor } from "../contract-from-descriptor.ts";
import type { ContractDescriptor } from "../descriptor.ts";
import type { Message } from "../message.ts";
import { createValues } from "../protobuf/test-random-value.ts";
import { type Format, formats, type Side } from "./change.ts";
import { compareContracts } from "./compare-contracts.ts";
import type { Row } from "./fixtures/row.ts";
import { rows } from "./fixtures/rows.ts";

const seed = 4;
const valuesPerRow = 40;

/**
 * Nobody checks what a service answers: a limit there is no promise, and of an open enum a name that came later stays
 * the text that it is in JSON.
 */
const isUnchecked = /limit of an output|open enum of an output/;

test("what is additive is read by the other side, in every format", () => {
  const counts: { [format in Format]: number } = { json: 0, protobuf: 0 };
  for (const row of rows.filter(({ change }) => !isUnchecked.test(change))) {
    for (const format of formats) {
      for (const side of ["input", "output"] as const) {
        const [writer, reader] = pairOf(row, side);
        if (!writer?.[format] || !reader?.[format]) continue;
        if (breaks(row, format, side)) continue;
        passOver(writer, reader, format, `${row.change}, ${side} in ${format}`);
        counts[format] += 1;
      }
    }
  }
  assert(counts.json > 50 && counts.protobuf > 50, JSON.stringify(counts));
});

/** Older callers write inputs, newer services outputs. */
function pairOf({ older, newer }: Row, side: Side): (Message | undefined)[] {
  const messages = [older, newer].map((descriptor) => messageOf(descriptor, side));
  return side === "input" ? messages : messages.toReversed();
}

function messageOf(descriptor: ContractDescriptor, side: Side): Message | undefined {
  const [method] = Object.values(contractFromDescriptor(descriptor).methods);
  return method?.[side];
}

function breaks({ older, newer }: Row, format: Format, side: Side): boolean {
  return compareContracts(older, newer).some((change) => {
    return change.path.startsWith(side) && change[format].olderCaller === "breaking";
  });
}

function passOver(writer: Message, reader: Message, format: Format, place: string): void {
  const values = createValues(seed, writer.shape.definitions ?? {});
  for (let count = 0; count < valuesPerRow; count += 1) {
    const value = writer.copy(values.value(writer.shape));
    // Random values know nothing of limits and patterns.
    if (!isValid(writer, value)) continue;
    const codecs = [writer[format], reader[format]];
    const [write, read] = codecs.map((codec) => codec ?? assert.fail("both have the format"));
    assert(write && read);
    const bytes = encodeBytes(write, value);
    const seen = read.decode(bytes, 0, bytes.length);
    assert.doesNotThrow(() => reader.validate(seen), place);
  }
}

function isValid(message: Message, value: unknown): boolean {
  try {
    message.validate(value);
    return true;
  } catch {
    // What is wrong with it says nothing about the two contracts.
    return false;
  }
}
