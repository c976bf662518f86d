/** Manages trips: checks the passenger, gets a driver, follows the ride, tells whoever listens. */
import { EventEmitter, on } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";

import { isError, serve, service } from "reef";

import { Dispatcher, Notification, Passenger, Pricing, Trip } from "./contracts.ts";

interface TripState {
  readonly id: string;
  readonly passenger: string;
  readonly ride: { from: string; to: string };
  readonly status: "requested" | "driving" | "finished" | "refused";
  readonly driver?: string;
  readonly reason?: string;
  readonly cents?: number;
}

/** Older ones are forgotten: this is a tour, not an archive. */
const tripsMax = 1_000;

/** The ride goes on without a fare: better that than a passenger in the rain. */
const quoteMs = 1_000;

/** A ride across a small town in a hurry. */
const driveMs = 800;

export const trip = service(Trip, ({ client, log }) => {
  const passengers = client(Passenger);
  const dispatcher = client(Dispatcher);
  const notification = client(Notification);
  const pricing = client(Pricing);
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

  async function quote({ id, ride }: TripState): Promise<{ cents?: number }> {
    try {
      const { cents } = await pricing.quote(ride, { timeoutMs: quoteMs });
      return { cents };
    } catch (error) {
      log.warn(`trip ${id} has no fare, the driver will know one`, { error });
      return {};
    }
  }

  async function drive(asked: TripState): Promise<void> {
    const { id, ride } = asked;
    const { name, active } = await passengers.get({ id: asked.passenger });
    const state = { ...asked, ...(await quote(asked)) };
    if (!active) return refuse(state, `the account of ${name} is not active`);
    const { driver } = await dispatcher.assign({ trip: id, at: ride.from });
    change({ ...state, driver, status: "driving" });
    await notification.send({ to: state.passenger, text: `${driver} drives you to ${ride.to}` });
    await sleep(driveMs);
    await dispatcher.release({ driver });
    change({ ...state, driver, status: "finished" });
    log.info(`trip ${id} finished`, { passenger: name, driver, cents: state.cents });
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
