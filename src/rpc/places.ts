/**
 * What an entrance keeps for each namespace that somebody has come for: opened by the first who comes, and closed when
 * many others are open and nobody came for a while. A branch sees its own and that of its bases.
 */
import type { Clock } from "../core/clock.ts";
import { ReefError } from "../core/errors.ts";
import { homeNamespace } from "../core/namespace-access.ts";
import type { NamespaceCache } from "./namespace-cache.ts";

/** What is kept for one namespace. Calls that it has begun go on when it is closed. */
export interface Openable extends AsyncDisposable {
  /** Whether `open` has resolved. */
  readonly isOpen: boolean;
  /** Resolves when everything that is there now can be called; `signal` ends that. */
  open(options: { readonly signal: AbortSignal }): Promise<void>;
}

export interface PlacesOptions<Place, View> {
  /** That of the home; it is open. */
  readonly home: Place;
  readonly create: (namespace: string) => Place;
  /** What is seen of it: its own first, then those of its bases. */
  readonly viewOf: (places: readonly [Place, ...Place[]]) => View;
  /** @default there is the home alone */
  readonly namespaces: NamespaceCache | undefined;
  readonly clock: Clock;
}

/** Open at once: each watches the registry and keeps a client for each of its services. */
const placesMax = 200;

/** A registry that does not tell what is there by then is not there. */
const openMsMax = 5_000;

export class Places<Place extends Openable, View> implements AsyncDisposable {
  readonly home: View;
  readonly #options: PlacesOptions<Place, View>;
  /** By namespace; who was come for last is last. */
  readonly #places = new Map<string, { readonly place: Place; readonly opened: Promise<void> }>();
  readonly #views = new Map<string, { readonly places: readonly Place[]; readonly view: View }>();
  readonly #closing = new Set<Promise<void>>();

  constructor(options: PlacesOptions<Place, View>) {
    this.#options = options;
    this.home = options.viewOf([options.home]);
  }

  /**
   * A promise only where it has to be opened.
   * @throws {ReefError} `not_found` for a namespace that is not there; `unavailable` when it cannot be opened now
   */
  at(namespace: string): View | Promise<View> {
    const { namespaces } = this.#options;
    if (namespace === homeNamespace || !namespaces) return this.home;
    if (namespaces.lacks(namespace)) throw notThere(namespace);
    const own = this.#placeOf(namespace);
    const bases = namespaces.basesOf(namespace).map((base) => this.#placeOf(base));
    const view = this.#viewOf(namespace, [own, ...bases]);
    if (own.isOpen && bases.every(({ isOpen }) => isOpen)) return view;
    const names = [namespace, ...namespaces.basesOf(namespace)];
    return Promise.all(names.map((name) => this.#places.get(name)?.opened)).then(() => view);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const places = [this.#options.home, ...[...this.#places.values()].map(({ place }) => place)];
    await Promise.all([...places.map((place) => place[Symbol.asyncDispose]()), ...this.#closing]);
  }

  #placeOf(namespace: string): Place {
    if (namespace === homeNamespace) return this.#options.home;
    const known = this.#places.get(namespace);
    if (known) {
      this.#places.delete(namespace);
      this.#places.set(namespace, known);
      return known.place;
    }
    const place = this.#options.create(namespace);
    const opened = this.#open(namespace, place);
    // Whoever waits for it is told.
    opened.catch(() => {});
    this.#places.set(namespace, { place, opened });
    if (this.#places.size > placesMax) this.#closeOldest();
    return place;
  }

  #viewOf(namespace: string, places: readonly [Place, ...Place[]]): View {
    const known = this.#views.get(namespace);
    const isSame = known?.places.length === places.length;
    if (isSame && places.every((place, at) => place === known.places[at])) return known.view;
    const view = this.#options.viewOf(places);
    this.#views.set(namespace, { places, view });
    return view;
  }

  /** @throws {ReefError} `unavailable`; then the next one who comes opens it again */
  async #open(namespace: string, place: Place): Promise<void> {
    const tooLate = new AbortController();
    const giveUp = () => tooLate.abort(notOpen(namespace));
    const timer = this.#options.clock.after(openMsMax, giveUp, { background: true });
    try {
      await place.open({ signal: tooLate.signal });
    } catch (error) {
      if (this.#places.get(namespace)?.place === place) this.#places.delete(namespace);
      await place[Symbol.asyncDispose]();
      throw error;
    } finally {
      timer.cancel();
    }
  }

  async #close(place: Place): Promise<void> {
    await place[Symbol.asyncDispose]();
  }

  #closeOldest(): void {
    const [oldest] = this.#places;
    if (!oldest) return;
    const [namespace, { place }] = oldest;
    this.#places.delete(namespace);
    this.#views.delete(namespace);
    const closing = this.#close(place).finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }
}

function notThere(namespace: string): ReefError {
  const rule = `there is none; "reef namespace create ${namespace}" makes it`;
  const text = `Cannot work in the namespace "${namespace}": ${rule}`;
  return new ReefError("not_found", text, { maybeExecuted: false });
}

function notOpen(namespace: string): ReefError {
  const rule = "the registry does not say what is there";
  const text = `Cannot call services of the namespace "${namespace}": ${rule}; "reef status" shows what is away`;
  return new ReefError("unavailable", text, { maybeExecuted: false });
}
