/** The suite has teeth: each of these namespaces breaks one promise, and a case says so. */
import { catchMutants, refuseCasesWithoutMutant } from "../../testing/mutants.ts";
import { namespacesSuite } from "./conformance.ts";
import { mutants, openChanged } from "./conformance/test-mutants.ts";

/** Some cases write a hundred of them, each in a few turns. */
const turnsMax = 20_000;

catchMutants(namespacesSuite, { mutants, open: openChanged, turnsMax });
refuseCasesWithoutMutant(namespacesSuite, mutants);
