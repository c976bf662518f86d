import assert from "node:assert/strict";
import { test } from "node:test";

import { client, isError } from "reef";

import { Bank, bank } from "./bank.ts";

test("bank says what is missing", async () => {
  await using inProcess = client(bank);
  assert.deepEqual(await inProcess.withdraw({ account: "ann", amount: 30 }), { balance: 70 });
  try {
    await inProcess.withdraw({ account: "ann", amount: 500 });
    assert.fail("there is not so much in the account");
  } catch (error) {
    // `isError` narrows: `data` has the type that the contract declares.
    assert(isError(error, Bank, "too_little"));
    assert.deepEqual(error.data, { balance: 70, missing: 430 });
  }
  await assert.rejects(inProcess.withdraw({ account: "ann", amount: 0 }), {
    code: "invalid_argument",
  });
});
