import assert from "node:assert/strict";
import test from "node:test";
import { functionsOf } from "./functions.ts";
import { source } from "./source.ts";

function spans(text: string): string[] {
  return functionsOf(source("src/a.ts", text)).map(
    ({ name, line, ownLines }) => `${line} ${name} ${ownLines}`,
  );
}

test("functionsOf() finds functions of every form", () => {
  const text = `
export async function* a<T>(x: { y: T }): AsyncGenerator<{ z: T }> {
  yield x;
}
const b = async (x: number): Promise<void> => {
  x++;
};
class C {
  #d(): void {
  }
  get e() { return 1; }
  h(): { i: number } {
    return { i: 1 };
  }
}
f(() => {
  g();
});
`;
  assert.deepEqual(spans(text), ["2 a 3", "5 b 3", "9 #d 2", "11 e 1", "12 h 3", "16 anonymous 3"]);
});

test("functionsOf() takes no other block for a function", () => {
  const text = `
if (a) {
} else if (b) {
}
for (const c of d()) {
}
try {
} catch (e) {
}
switch (f) {
}
const g = { h: 1 };
type I = { j(): void };
`;
  assert.deepEqual(spans(text), []);
});

test("functionsOf() counts the lines of a function without those of the functions in it", () => {
  const text = `
function outer() {
  if (a) {
    b(() => {
      c();
    });
  }
  return { d() {
  } };
}
`;
  assert.deepEqual(spans(text), ["2 outer 4", "4 anonymous 3", "8 d 2"]);
});
