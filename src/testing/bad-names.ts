/**
 * What the suites of all blocks try where a namespace, a service or a table is named: none of them is a label of a DNS
 * name; the last has one character more than such a label.
 */
export const badNames = [
  "",
  "A",
  "a b",
  "a/b",
  "../a",
  "__proto__",
  "-a",
  "a-",
  "a\0",
  "a\n",
  "\u00e4",
  "a".repeat(64),
];
