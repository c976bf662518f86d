/** Knows which drivers are free. */
import { serve, service } from "reef";

import { Dispatcher } from "./contracts.ts";

export const dispatcher = service(Dispatcher, ({ log }) => {
  const free = ["Dora", "Mario", "Nils"];
  return {
    assign({ trip, at }, call) {
      const driver = free.shift();
      if (driver === undefined) throw call.errors.no_driver({});
      log.info(`driver ${driver} picks up at ${at}`, { trip });
      return { driver };
    },
    release({ driver }) {
      if (!free.includes(driver)) free.push(driver);
      return {};
    },
  };
});

if (import.meta.main) await serve(dispatcher);
