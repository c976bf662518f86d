/** Brings one service to where it can take calls: started, its handlers made of what they need, ready. */
import type { Contract } from "../contract/contract.ts";
import { createErrorMakers } from "../contract/typed-error.ts";
import type { Clock } from "../core/clock.ts";
import { ReefError } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { Client } from "./client.ts";
import type { Middleware } from "./middleware.ts";
import type { ServerCall } from "./server-call.ts";
import { type AnyHandler, createServerMethod, type ServerMethod } from "./server-method.ts";
import type { Service, ServiceContext, StartResult } from "./service.ts";

export interface PrepareOptions {
  /**
   * Takes what the service holds, as soon as it holds it: disposed in reverse, the clients before what `start` made.
   */
  readonly owned: AsyncDisposableStack;
  /** What its factory gets. */
  readonly context: ServiceContext;
  readonly namespace: string;
  /** Around every call, outside of the service's own. */
  readonly use: readonly Middleware<ServerCall>[];
  /** Why no call may be made just now. @default nobody is refused */
  readonly admit: (() => ReefError | undefined) | undefined;
  readonly validateOutput: boolean;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/**
 * The methods of a service that is ready for calls.
 * @throws {ReefError} `failed_precondition` when a handler is missing; and whatever `start`, the factory or `ready`
 *   throw
 */
export async function prepareService(
  service: Service,
  options: PrepareOptions,
): Promise<ServerMethod[]> {
  const { owned, signal } = options;
  signal.throwIfAborted();
  own(owned, service.contract.name, await service.options.start?.(signal));
  const handlers = await service.create(owningClients(options.context, owned));
  const methods = Object.keys(service.contract.methods).map((name) =>
    prepareMethod(service, name, handlerOf(service.contract, handlers, name), options),
  );
  await service.options.ready?.(signal);
  return methods;
}

function prepareMethod(
  { contract, options: serviceOptions }: Service,
  name: string,
  handler: AnyHandler,
  { namespace, use, admit, validateOutput, clock, log }: PrepareOptions,
): ServerMethod {
  const method = contract.methods[name] as Contract["methods"][string];
  return createServerMethod({
    namespace,
    service: contract.name,
    version: contract.version,
    name,
    kind: method.kind,
    input: method.input,
    output: method.output,
    errors: method.errors,
    errorMakers: createErrorMakers(contract.name, method.errors),
    clock,
    log: log.with({ service: contract.name }),
    handler,
    admit,
    use: [...use, ...(serviceOptions.use ?? [])],
    // Those that are around all services may call somebody.
    isLeaf: serviceOptions.isLeaf === true && use.length === 0,
    validateOutput,
  });
}

function own(owned: AsyncDisposableStack, service: string, result: StartResult): void {
  try {
    // Nothing is what a function of type void returns. Without types it may be anything, which `use` refuses.
    owned.use(result as Exclude<StartResult, void> | undefined);
  } catch (cause) {
    throw new ReefError(
      "failed_precondition",
      `Cannot serve ${service}: its start returned something that is not disposable; return nothing, or what the service holds`,
      { cause, maybeExecuted: false },
    );
  }
}

/** One client for each contract, however often the handlers ask; closed with the service. */
function owningClients(context: ServiceContext, owned: AsyncDisposableStack): ServiceContext {
  const clients = new Map<Contract, Client>();
  owned.defer(async () => {
    for (const client of clients.values()) await client[Symbol.asyncDispose]();
  });
  return {
    ...context,
    client<C extends Contract>(contract: C): Client<C> {
      const client = clients.get(contract) ?? (context.client(contract) as unknown as Client);
      clients.set(contract, client);
      // It was made from this very contract.
      return client as unknown as Client<C>;
    },
  };
}

/** An object's own method or that of its class; no contract has a method named as what every object has. */
function handlerOf(contract: Contract, handlers: object, name: string): AnyHandler {
  const handler: unknown = Reflect.get(handlers, name);
  if (typeof handler !== "function") {
    throw new ReefError(
      "failed_precondition",
      `Cannot serve ${contract.name}: its contract has the method "${name}", its handlers do not; write one`,
      { maybeExecuted: false },
    );
  }
  // The contract's types were checked where the handlers were written.
  return handler.bind(handlers) as AnyHandler;
}
