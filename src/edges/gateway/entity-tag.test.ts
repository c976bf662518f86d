import assert from "node:assert/strict";
import { test } from "node:test";
import { soonMs } from "../../testing/soon.ts";
import { entityTag, namesTag } from "./entity-tag.ts";

const weak = { comparison: "weak" } as const;
const strong = { comparison: "strong" } as const;

test("entityTag() is the same for the same bytes and another for others", () => {
  const tag = entityTag(Buffer.from("{}"));
  assert.match(tag, /^"[\w-]{22}"$/);
  assert.equal(entityTag(Buffer.from("{}")), tag);
  assert.notEqual(entityTag(Buffer.from("[]")), tag);
});

test("namesTag() finds a tag in a list, weak ones only in a weak comparison", () => {
  for (const list of ['"a"', '"b", "a"', '"b","a"', ' , "b" ,, "a"', '"x,y","a"', '"a", broken']) {
    assert.equal(namesTag(list, '"a"', weak), true, list);
    assert.equal(namesTag(list, '"a"', strong), true, list);
  }
  assert.equal(namesTag('"b", W/"a"', '"a"', weak), true);
  assert.equal(namesTag('"b", W/"a"', '"a"', strong), false);
  assert.equal(namesTag(" * ", '"a"', strong), true);
});

test("namesTag() finds nothing in what is no list of tags", () => {
  for (const list of [
    "",
    "a",
    '"b"',
    '"b" "a"',
    'broken, "a"',
    '*, "a"',
    'w/"a"',
    '"a',
    '"x"a"',
    '"b";"a"',
  ]) {
    assert.equal(namesTag(list, '"a"', weak), false, list);
  }
});

test("namesTag() takes time in proportion to the list, whatever is in it", () => {
  const long = 1_000_000;
  for (const piece of ['"b",', ",", " ", '"', "W/", 'W/"'] as const) {
    const begun = performance.now();
    assert.equal(namesTag(piece.repeat(long / piece.length), '"a"', weak), false);
    assert.ok(performance.now() - begun < soonMs, `too slow for ${piece}`);
  }
});
