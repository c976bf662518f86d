/** Knows the passengers. */
import { serve, service } from "reef";

import { Passenger } from "./contracts.ts";

const passengers = new Map(
  [
    { id: "ann", name: "Ann", active: true },
    { id: "bob", name: "Bob", active: true },
    { id: "eve", name: "Eve", active: false },
  ].map((passenger) => [passenger.id, passenger]),
);

export const passenger = service(Passenger, {
  get({ id }, call) {
    const found = passengers.get(id);
    if (!found) throw call.errors.unknown({ id });
    return found;
  },
  list: () => ({ ids: [...passengers.keys()] }),
});

if (import.meta.main) await serve(passenger);
