/** The gateway: JSON, protobuf, and the binding of the method. */
import { routeOf } from "../../src/contract/http-binding.ts";
import { withHead } from "./beside.ts";
import type { Spoken } from "./grpc-ways.ts";
import {
  errorDataOf,
  type Failure,
  failureOf,
  type Fields,
  jsonAnswer,
  methodOf,
  type Outcome,
  type Way,
} from "./outcome.ts";

const json = { "content-type": "application/json" };

/** `POST /parcels/send`. */
export function httpWay(name: string, gateway: string, spoken: Spoken): Way {
  const url = `${gateway}/${spoken.contract.name}/send`;
  return {
    name,
    async call(_, input) {
      return outcome(await post(url, json, JSON.stringify(input)), spoken);
    },
  };
}

/** The same with protobuf in both directions. */
export function httpProtobufWay(name: string, gateway: string, spoken: Spoken): Way {
  const { contract, codec } = spoken;
  const headers = { "content-type": "application/protobuf", accept: "application/protobuf" };
  return {
    name,
    async call(input) {
      const response = await post(`${gateway}/${contract.name}/send`, headers, codec.encode(input));
      if (!response.ok) return outcome(response, spoken);
      const answer = codec.decode(Buffer.from(await response.arrayBuffer()));
      return withHead({ answer }, response.headers);
    },
  };
}

/** The binding has the id in its path, and the other fields in its body. */
export function bindingWay(name: string, gateway: string, spoken: Spoken): Way {
  const { contract } = spoken;
  const [verb, path = ""] = routeOf(methodOf(contract).http ?? "").split(" ");
  if (verb !== "POST" || !path.endsWith("/{id}")) throw new Error(`${path} is another binding`);
  return {
    name,
    async call(_, { id, ...rest }: Fields) {
      const own = path.replace("{id}", encodeURIComponent(String(id)));
      return outcome(
        await post(`${gateway}/${contract.name}${own}`, json, JSON.stringify(rest)),
        spoken,
      );
    },
  };
}

function post(url: string, headers: Record<string, string>, body: string | Buffer) {
  return fetch(url, { method: "POST", headers, body: new Uint8Array(Buffer.from(body)) });
}

/** RFC 9457, as docs/http.md has it. */
interface Problem extends Pick<Failure, "code" | "data" | "violations"> {
  readonly type: string;
  readonly title: string;
  readonly detail?: string;
}

async function outcome(response: Response, spoken: Spoken): Promise<Outcome> {
  return withHead(await bareOutcome(response, spoken), response.headers);
}

async function bareOutcome(response: Response, { contract }: Spoken): Promise<Outcome> {
  const text = await response.text();
  if (response.ok) return jsonAnswer(contract, text);
  // What docs/http.md says an error is.
  const { type, title, detail = title, code, data, violations } = JSON.parse(text) as Problem;
  const [, domain, reason] = /^urn:reef:error:([^:]+):(.+)$/.exec(type) ?? [];
  const error: Failure = {
    code,
    message: detail,
    ...(reason !== undefined && { reason }),
    ...(domain !== undefined && { domain }),
    data: errorDataOf(contract, reason, data),
    ...(violations && { violations }),
  };
  return { error: failureOf(error) };
}
