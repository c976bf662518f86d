/** What the handler says beside its answer, as every way of calling shows it. */
import type { Call } from "../../src/rpc/server-call.ts";
import type { Outcome } from "./outcome.ts";

/** Trailers that precede an answer have this before their names. */
const trailerPrefix = "trailer-";

/** A word in the id of a parcel asks for it. */
const word = "beside";

const office = "x-office";
const cost = "x-cost-bin";

export const said = { headers: { [office]: "7 b" }, trailers: { [cost]: "q6ur" } };

export function sayAsAsked(id: string, { response }: Call): void {
  if (!id.includes(word)) return;
  Object.assign(response.headers, said.headers);
  Object.assign(response.trailers, said.trailers);
}

export type Fields = Iterable<readonly [name: string, value: string]>;

/** An outcome, and of what came beside it that which the handler has said; other headers are the way's own. */
export function withBeside(outcome: Outcome, headers: Fields, trailers: Fields): Outcome {
  const beside = { headers: only(headers, office), trailers: only(trailers, cost) };
  const isSaid = [beside.headers, beside.trailers].some((each) => Object.keys(each).length > 0);
  return isSaid ? { ...outcome, beside } : outcome;
}

/** As above, where trailers stand among the headers. */
export function withHead(outcome: Outcome, head: Fields): Outcome {
  const all = [...head];
  const trailers = all.flatMap(([name, value]): [string, string][] => {
    return name.startsWith(trailerPrefix) ? [[name.slice(trailerPrefix.length), value]] : [];
  });
  return withBeside(outcome, all, trailers);
}

function only(fields: Fields, name: string): { readonly [name: string]: string } {
  return Object.fromEntries([...fields].filter(([each]) => each === name));
}
