/** Drives the tour: people who want to go somewhere, all day long. */
import { serve, service } from "reef";

import { Passenger, Riders, Trip } from "./contracts.ts";

const places = ["Harbour", "Library", "Market", "Observatory", "Station"];

export const riders = service(Riders, ({ client, log }) => {
  const passengers = client(Passenger);
  const trips = client(Trip);
  let timer: NodeJS.Timeout | undefined;

  async function ask(): Promise<void> {
    const { ids } = await passengers.list();
    await trips.request({ passenger: pick(ids), ride: { from: pick(places), to: pick(places) } });
  }
  function pace(perSecond: number): void {
    clearInterval(timer);
    if (perSecond === 0) return;
    timer = setInterval(() => {
      ask().catch((error: unknown) => log.warn("A rider gave up", { error }));
    }, 1_000 / perSecond);
    // The service keeps the program alive, not its riders.
    timer.unref();
  }
  pace(1);

  return {
    pace({ perSecond }) {
      pace(perSecond);
      log.info(`riders ask for ${perSecond} trips a second`);
      return { perSecond };
    },
  };
});

if (import.meta.main) await serve(riders);

function pick<T>(all: readonly T[]): T {
  // The lists are never empty.
  return all[Math.floor(Math.random() * all.length)] as T;
}
