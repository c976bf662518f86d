/** The suite has teeth: each of these auths breaks one promise, and a case says so. */
import { catchMutants, refuseCasesWithoutMutant } from "../../testing/mutants.ts";
import { authSuite } from "./conformance.ts";
import { accountMutants, ownerMutants } from "./conformance/test-account-mutants.ts";
import { auditMutants } from "./conformance/test-audit-mutants.ts";
import { openChanged } from "./conformance/test-changed-auth.ts";
import { exchangeMutants } from "./conformance/test-exchange-mutants.ts";
import { keyMutants } from "./conformance/test-key-mutants.ts";
import { ruleMutants, sessionMutants, tokenMutants } from "./conformance/test-session-mutants.ts";

const mutants = [
  ...accountMutants,
  ...ownerMutants,
  ...sessionMutants,
  ...tokenMutants,
  ...keyMutants,
  ...exchangeMutants,
  ...ruleMutants,
  ...auditMutants,
];

/** Hashes and signatures come from other threads, and some cases make a hundred of them. */
const turnsMax = 100_000;

catchMutants(authSuite, { mutants, open: openChanged, turnsMax });
refuseCasesWithoutMutant(authSuite, mutants);
