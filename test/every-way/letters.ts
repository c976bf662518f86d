/** A contract from a `.proto` with every kind of field, and its service. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { contractFromDescriptor } from "../../src/contract/contract-from-descriptor.ts";
import { encodeFileDescriptorSet } from "../../src/contract/proto/descriptor-bytes.ts";
import { compileProtos } from "../../src/contract/proto/compile-protos.ts";
import { protoContract } from "../../src/contract/proto/proto-contract.ts";
import { base64OfBytes } from "../../src/core/text-bytes.ts";
import { ReefError } from "../../src/core/errors.ts";
import type { Method } from "../../src/contract/method.ts";
import { service } from "../../src/rpc/service.ts";
import { failAsAsked, seen } from "./parcels.ts";

/** What `reef gen` would write of it, as far as the handler needs it. */
type Letter = { readonly id: string };
type Send = Method<"unary", Letter, Letter, { letter: Letter; seen: string }, unknown, {}>;

const files = await compileProtos("letters.proto", async (path) => {
  return path === "letters.proto" ? readFile(join(import.meta.dirname, path), "utf8") : undefined;
});

export const Letters = protoContract<{ readonly send: Send }>("letters", {
  service: "letters.v1.Letters",
  files: base64OfBytes(encodeFileDescriptorSet(files)),
});

/** The same without a number, so that our own callers speak JSON. */
export const BareLetters = contractFromDescriptor(
  JSON.parse(JSON.stringify(Letters.descriptor), (key, value: unknown) => {
    const isNumber = key === "number" && typeof value === "number";
    return isNumber || (key === "proto" && typeof value === "object") ? undefined : value;
  }),
);

export const letters = service(Letters, {
  send(letter) {
    if (letter.id === "lost") {
      // A `.proto` declares no errors: what a handler says beside the code is passed on as it is.
      throw new ReefError("not_found", "The letter is lost", {
        reason: "lost",
        domain: "letters",
        data: { id: letter.id, days: 3 },
      });
    }
    failAsAsked(letter.id);
    return { letter, seen: seen(letter) };
  },
});
