/**
 * What can go wrong is part of the contract: callers get a code, a reason, and typed data.
 *
 *     npx reef run examples/errors/bank.ts
 *     npx reef bank withdraw --account=ann --amount=500
 */
import { contract, method, serve, service, t } from "reef";

export const Bank = contract("bank", {
  withdraw: method({
    description: "Takes money from an account",
    input: t.object({ account: t.string(), amount: t.int32({ minimum: 1 }) }),
    output: t.object({ balance: t.int32() }),
    errors: {
      unknown_account: { code: "not_found", data: t.object({ account: t.string() }) },
      too_little: {
        code: "failed_precondition",
        description: "The balance is too low",
        data: t.object({ balance: t.int32(), missing: t.int32() }),
      },
    },
  }),
});

export const bank = service(Bank, () => {
  const balances = new Map([["ann", 100]]);
  return {
    withdraw({ account, amount }, call) {
      const balance = balances.get(account);
      if (balance === undefined) throw call.errors.unknown_account({ account });
      const left = balance - amount;
      if (left < 0) throw call.errors.too_little({ balance, missing: -left });
      balances.set(account, left);
      return { balance: left };
    },
  };
});

if (import.meta.main) await serve(bank);
