/** A route that is opened by the first call, so that making a client costs nothing and cannot fail. */
import { ReefError } from "../core/errors.ts";
import type { ClientCall } from "../rpc/client-call.ts";
import type { Route } from "../rpc/client.ts";

/** A route with what it needs to exist. */
export interface OpenRoute extends AsyncDisposable {
  readonly route: Route;
}

/** A failure to open fails the calls that wait for it, never executed; the next call tries again. */
export class LazyRoute implements Route, AsyncDisposable {
  readonly #open: () => Promise<OpenRoute>;
  #opening: Promise<OpenRoute> | undefined;
  #route: Route | undefined;
  #closed: ReefError | undefined;

  constructor(open: () => Promise<OpenRoute>) {
    this.#open = open;
  }

  send(call: ClientCall): void {
    if (this.#route) this.#route.send(call);
    else if (call.take()) void this.#sendFirst(call);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= new ReefError("cancelled", "The client was closed", { maybeExecuted: false });
    const opened = await this.#opening?.catch(notOpened);
    await opened?.[Symbol.asyncDispose]();
  }

  async #sendFirst(call: ClientCall): Promise<void> {
    try {
      if (this.#closed) throw this.#closed;
      const { route } = await (this.#opening ??= this.#openOnce());
      if (this.#closed) throw this.#closed;
      this.#route = route;
      if (!call.over) route.send(call);
    } catch (error) {
      const failure = ReefError.from(error);
      const { code, message } = failure;
      // Nothing was sent, whatever the attempt to open says of itself.
      const never = () => new ReefError(code, message, { cause: error, maybeExecuted: false });
      call.fail(failure.maybeExecuted ? never() : failure);
    }
  }

  async #openOnce(): Promise<OpenRoute> {
    try {
      return await this.#open();
    } catch (error) {
      this.#opening = undefined;
      throw error;
    }
  }
}

/** Its callers were told. */
function notOpened(): undefined {
  return undefined;
}
