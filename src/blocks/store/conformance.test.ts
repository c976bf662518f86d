/** The suite has teeth: each of these drivers breaks one promise, and a case says so; no case is without one. */
import { catchMutants, refuseCasesWithoutMutant } from "../../testing/mutants.ts";
import { storeSuite } from "./conformance.ts";
import { batchMutants } from "./conformance/test-batch-mutants.ts";
import { ofTables, openChanged } from "./conformance/test-changed-store.ts";
import { entryMutants } from "./conformance/test-entry-mutants.ts";
import { listMutants } from "./conformance/test-list-mutants.ts";
import { readerMutants } from "./conformance/test-reader-mutants.ts";
import { storeMutants } from "./conformance/test-store-mutants.ts";
import { valueMutants } from "./conformance/test-value-mutants.ts";
import { watchMutants } from "./conformance/test-watch-mutants.ts";

const ofTheirTables = [entryMutants, valueMutants, batchMutants, listMutants];
const ofTheirWatches = [watchMutants, readerMutants];
const mutants = [...[...ofTheirTables, ...ofTheirWatches].flat().map(ofTables), ...storeMutants];
catchMutants(storeSuite, { mutants, open: openChanged });
refuseCasesWithoutMutant(storeSuite, mutants);
