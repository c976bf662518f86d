/** Manages trips: checks the passenger, gets a driver, follows the ride, tells whoever listens. */
import { EventEmitter, on } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";

import { isError, serve, service } from "reef";

import { Dispatcher, Notification, Passenger, Trip } from "./contracts.ts";

interface TripState {
  readonly id: string;
  readonly passenger: string;
  readonly ride: { from: string; to: string };
  readonly status: "requested" | "driving" | "finished" | "refused";
  readonly driver?: string;
  readonly reason?: string;
}

/** Older ones are forgotten: this is a tour, not an archive. */
const tripsMax = 1_000;

/** A ride across a small town in a hurry. */
const driveMs = 800;

export const trip = service(Trip, ({ client, log }) => {
  const passengers = client(Passenger);
  const dispatcher = client(Dispatcher);
  const notification = client(Notification);
  const trips = new Map<string, TripState>();
  const changes = new EventEmitter<{ change: [TripState] }>();
  // One listener for each follower, however many there are.
  changes.setMaxListeners(0);

  function change(state: TripState): void {
    trips.set(state.id, state);
    const [oldest] = trips.keys();
    if (trips.size > tripsMax && oldest !== undefined) trips.delete(oldest);
    changes.emit("change", state);
  }

  async function refuse(state: TripState, reason: string): Promise<void> {
    change({ ...state, status: "refused", reason });
    await notification.send({ to: state.passenger, text: `Sorry: ${reason}` });
  }

  async function drive(state: TripState): Promise<void> {
    const { id, ride } = state;
    const { name, active } = await passengers.get({ id: state.passenger });
    if (!active) return refuse(state, `the account of ${name} is not active`);
    const { driver } = await dispatcher.assign({ trip: id, at: ride.from });
    change({ ...state, driver, status: "driving" });
    await notification.send({ to: state.passenger, text: `${driver} drives you to ${ride.to}` });
    await sleep(driveMs);
    await dispatcher.release({ driver });
    change({ ...state, driver, status: "finished" });
    log.info(`trip ${id} finished`, { passenger: name, driver });
  }

  return {
    async request({ passenger, ride }) {
      const id = crypto.randomUUID().slice(0, 8);
      const state: TripState = { id, passenger, ride, status: "requested" };
      change(state);
      try {
        await drive(state);
      } catch (error) {
        if (!isError(error, Dispatcher, "no_driver")) throw error;
        await refuse(state, "all drivers are busy");
      }
    },
    get({ id }, call) {
      const found = trips.get(id);
      if (!found) throw call.errors.unknown({ id });
      return found;
    },
    async *follow(_input, call) {
      for await (const [state] of on(changes, "change", { signal: call.signal })) yield state;
    },
  };
});

if (import.meta.main) await serve(trip);
