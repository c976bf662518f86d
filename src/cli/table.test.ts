import assert from "node:assert/strict";
import test from "node:test";
import { displayWidth, fit, printable, renderTable } from "./table.ts";

test("displayWidth() counts columns, not characters", () => {
  const widths = {
    abc: 3,
    "": 0,
    漢字: 4,
    é: 1,
    "e\u0301": 1,
    "👍🏽": 2,
    "👨‍👩‍👧": 2,
    한: 2,
    "✓": 1,
    "a\u200bb": 2,
  };
  for (const [text, width] of Object.entries(widths)) assert.equal(displayWidth(text), width, text);
  assert.equal(displayWidth("\u001b[31mred\u001b[39m"), 3);
});

test("fit() cuts between characters and says that it did", () => {
  assert.equal(fit("abcdef", 6), "abcdef");
  assert.equal(fit("abcdef", 4), "abc…");
  assert.equal(fit("漢字漢", 4), "漢…");
  assert.equal(fit("abc", 0), "");
});

test("renderTable() aligns columns of wide characters and leaves no trailing blanks", () => {
  const rows = [
    ["漢字", "1", ""],
    ["ab", "22", "x"],
  ];
  assert.equal(renderTable(["NAME", "N", "NOTE"], rows), "NAME  N   NOTE\n漢字  1\nab    22  x\n");
});

test("renderTable() makes no line wider than the terminal", () => {
  const table = renderTable(["NAME", "SOURCE"], [["greeter", "/a/very/long/path"]], {
    columns: 16,
  });
  assert.equal(table, "NAME     SOURCE\ngreeter  /a/ver…\n");
  const narrow = renderTable(["NAME", "SOURCE"], [["greeter", "/a"]], { columns: 5 });
  assert.equal(narrow, "NAME\ngree…\n");
});

test("renderTable() paints words after it has measured them", () => {
  const cell = { text: "up", paint: (text: string) => `\u001b[32m${text}\u001b[39m` };
  const table = renderTable(["STATE", "PID"], [[cell, "1"]]);
  assert.equal(table, "STATE  PID\n\u001b[32mup\u001b[39m     1\n");
});

test("printable() keeps foreign words from steering the terminal", () => {
  assert.equal(printable("a\u001b]0;title\u0007b\nc\u009b2J"), "ab␊c");
  assert.equal(printable("\u0007\u007f\t|"), "␇␡  |");
});
