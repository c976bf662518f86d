/** The promise of `index.ts` as tests. Every driver passes it, `remote(service(driver))` among them. */
import { type Case, runSuite, type Suite, type SuiteOptions } from "../../testing/suite.ts";
import { accountCases } from "./conformance/account-cases.ts";
import { auditCases } from "./conformance/audit-cases.ts";
import { exchangeCases } from "./conformance/exchange-cases.ts";
import { keyCases } from "./conformance/key-cases.ts";
import { ownerCases } from "./conformance/owner-cases.ts";
import { ruleCases } from "./conformance/rule-cases.ts";
import { sessionCases } from "./conformance/session-cases.ts";
import { tokenCases } from "./conformance/token-cases.ts";
import type { Actor } from "../../core/identity.ts";
import type { Auth } from "./index.ts";

/** An auth with nobody in it, and what a case needs to do to it. */
export interface AuthUnderTest extends AsyncDisposable {
  readonly auth: Auth;
  /** The same as a service is heard by it. */
  as(actor: Actor): Pick<Auth, "exchange">;
  /** Moves the clock of the auth, and of what it stands on. */
  advance(ms: number): Promise<void>;
  /** Another one that keeps what it keeps in the same place, as the next process has it. */
  again(): Auth;
}

/** Opens an empty auth for one case. */
export type OpenAuth = () => Promise<AuthUnderTest>;

/** One claim about an auth. */
export type AuthCase = Case<OpenAuth>;

/** Every promise of auth as a case. */
export const authSuite: Suite<OpenAuth> = {
  room: "auth",
  cases: [
    ...accountCases,
    ...ownerCases,
    ...sessionCases,
    ...tokenCases,
    ...keyCases,
    ...exchangeCases,
    ...ruleCases,
    ...auditCases,
  ],
};

/** Runs the cases as tests of `node:test`. */
export function authConformance(driver: string, options: SuiteOptions<OpenAuth>): void {
  runSuite(authSuite, driver, options);
}
