/** The suite on a real server. */
import { missingForPostgres, postgresForTests } from "../../../backends/postgres/test-server.ts";
import { storeConformance } from "../conformance.ts";
import { openTestPostgres } from "./postgres/test-store.ts";

const url = postgresForTests();

storeConformance("postgres", {
  open: async (limits) => openTestPostgres(await url(), limits),
  survives: "power",
  missing: missingForPostgres(),
});
