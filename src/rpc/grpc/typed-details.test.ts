import assert from "node:assert/strict";
import { test } from "node:test";

import { ReefError } from "../../core/errors.ts";
import { DeadlineSweep } from "../../core/deadline.ts";
import { isError } from "../../contract/typed-error.ts";
import { parseGrpcAddress } from "../address.ts";
import { createClient } from "../client.ts";
import { PlainProbe, Probe } from "../conformance/probe.ts";
import { openTestServer } from "../wire/test-wire.ts";
import { openGrpcTransport } from "./client/grpc-transport.ts";
import {
  decodeStatusDetails,
  encodeStatusDetails,
  fromConnectError,
  toConnectError,
} from "./status-details.ts";
import { packData } from "./typed-details.ts";

const data = { name: "Ann", raw: new Uint8Array([1, 2]), big: 7n };
const error = new ReefError("not_found", "no", { reason: "nobody", domain: "probe", data });
const { errors } = Probe.methods.hello;
const known = { service: "probe", errors, protoPath: "/probe.v1.Probe/Hello" };

test("packData() packs the data of a typed error by the name that its .proto has, and unpackData() reads it", () => {
  assert.equal(packData(error, known)?.type, "probe.v1.HelloNobodyError");
  const details = encodeStatusDetails(error, { known, codec: "protobuf" });
  assert.doesNotMatch(Buffer.from(details ?? []).toString("latin1"), /AQI=/);
  assert.deepEqual(decodeStatusDetails("not_found", "no", details, known).data, data);
  const connect = toConnectError(error, { known, codec: "protobuf" });
  assert.deepEqual(
    connect.details?.map(({ type }) => type),
    ["google.rpc.ErrorInfo", "probe.v1.HelloNobodyError"],
  );
  assert.deepEqual(fromConnectError(connect, "unknown", known).data, data);
});

test("packData() leaves data as JSON where there are no numbers, and callers in JSON have both", () => {
  const plain = { ...known, errors: PlainProbe.methods.hello.errors };
  assert.equal(packData(error, plain), undefined);
  const json = encodeStatusDetails(error, { known: plain, codec: "protobuf" });
  assert.deepEqual(decodeStatusDetails("not_found", "no", json, plain).data, data);
  const both = toConnectError(error, { known, codec: "json" });
  assert.deepEqual(fromConnectError(both, "unknown", plain).data, data);
});

test("packData() gives nothing for data that its contract does not have, and details that are damaged say nothing", () => {
  const foreign = new ReefError("not_found", "", { reason: "nobody", domain: "other", data });
  assert.equal(packData(foreign, known), undefined);
  const odd = new ReefError("not_found", "", { reason: "odd", domain: "probe", data });
  assert.equal(packData(odd, known), undefined);
  const details = [{ type: "probe.v1.HelloNobodyError", value: "CgVBbm4" }];
  assert.equal(fromConnectError({ code: "not_found", details }, "unknown", known).data, undefined);
});

test("a client of gRPC reads the data that a server has packed", async () => {
  await using server = await openTestServer({
    hello: (_, call) => Promise.reject(call.errors.nobody(data)),
  });
  const address = parseGrpcAddress(server.address.replace("tcp:", "grpc:"));
  assert.ok(address);
  await using route = await openGrpcTransport(address, { codec: "protobuf" });
  await using client = createClient(Probe, { route, deadlines: new DeadlineSweep() });
  await assert.rejects(client.hello({ name: "Ann" }), (thrown) => {
    assert.ok(isError(thrown, Probe, "nobody"));
    assert.deepEqual(thrown.data, data);
    return true;
  });
});
