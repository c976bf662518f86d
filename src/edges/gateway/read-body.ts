/** Takes the body of a request into memory, within limits, as the bytes that are sent on. */
import { isUtf8 } from "node:buffer";
import type { IncomingMessage } from "node:http";
import { refusal } from "./problem.ts";

/** How much all bodies together hold at the moment. */
export interface BodyMeter {
  bytes: number;
}

export interface BodyReading {
  readonly bodyBytesMax: number;
  readonly bodiesBytesMax: number;
  readonly meter: BodyMeter;
}

/** What is asked when a JSON body is empty or there is none. */
export const emptyObject = Buffer.from("{}");

/**
 * The whole body. Its bytes stay on the meter until the caller takes them off.
 * @throws {ReefError} `body_too_large`, `too_many_requests`, `bad_request`; node's own error when the client has gone
 */
export function readBody(request: IncomingMessage, options: BodyReading): Promise<Buffer> {
  const { bodyBytesMax, bodiesBytesMax, meter } = options;
  return new Promise((resolve, reject) => {
    const body = new GrowingBody();
    request.on("data", take);
    request.on("end", finish);
    request.on("error", fail);

    function take(chunk: Buffer): void {
      meter.bytes += chunk.length;
      body.add(chunk);
      if (body.size > bodyBytesMax) fail(tooLarge(bodyBytesMax));
      else if (meter.bytes > bodiesBytesMax) {
        const rule = `the limit for all bodies together is ${bodiesBytesMax} bytes`;
        fail(refusal("too_many_requests", `Cannot take the body: ${rule}; try again`));
      }
    }
    function finish(): void {
      const bytes = body.bytes();
      // Checked once here: a decoder that repairs bad bytes would make two keys equal that were not.
      if (!isUtf8(bytes))
        return fail(refusal("bad_request", "Cannot read the body: it is not UTF-8"));
      leave();
      resolve(bytes);
    }
    function fail(reason: Error): void {
      leave();
      meter.bytes -= body.size;
      reject(reason);
    }
    function leave(): void {
      request.off("data", take);
      request.off("end", finish);
      request.off("error", fail);
    }
  });
}

/**
 * Only what a plain HTML form cannot send, and only in the one way in which everybody reads it.
 * @throws {ReefError} `unsupported_media_type`, `unsupported_encoding`, `bad_request`
 */
export function checkBodyHeaders({ headers, httpVersionMinor }: IncomingMessage): void {
  const type = headers["content-type"];
  if (type !== "application/json" && !isJsonType(type)) {
    const found = type === undefined ? "there is none" : `it is ${JSON.stringify(type)}`;
    throw refusal(
      "unsupported_media_type",
      `Cannot read the body: Content-Type must be application/json, ${found}`,
    );
  }
  const coding = headers["content-encoding"];
  if (coding !== undefined && coding !== "identity") {
    throw refusal(
      "unsupported_media_type",
      `Cannot read the body: Content-Encoding ${JSON.stringify(coding)} is not taken; send it plain`,
    );
  }
  checkTransfer(headers["transfer-encoding"], httpVersionMinor);
}

/**
 * Refuses a body that says itself that it is too large, before a byte of it is taken.
 * @throws {ReefError} `body_too_large`
 */
export function checkLength({ headers }: IncomingMessage, bodyBytesMax: number): void {
  if (Number(headers["content-length"]) > bodyBytesMax) throw tooLarge(bodyBytesMax);
}

/** @throws {ReefError} `unsupported_encoding`, `bad_request` */
export function checkTransfer(coding: string | undefined, httpVersionMinor: number): void {
  if (coding === undefined) return;
  // RFC 9112, 6.1: an HTTP/1.0 server before us would not have seen where this message ends.
  if (httpVersionMinor === 0) {
    throw refusal("bad_request", "Cannot read the body: HTTP/1.0 has no Transfer-Encoding");
  }
  if (coding.toLowerCase() === "chunked") return;
  throw refusal(
    "unsupported_encoding",
    `Cannot read the body: Transfer-Encoding must be chunked, it is ${JSON.stringify(coding)}`,
  );
}

/** Whether a body comes with the request. */
export function hasBody({ headers }: IncomingMessage): boolean {
  if (headers["transfer-encoding"] !== undefined) return true;
  const length = headers["content-length"];
  return length !== undefined && length !== "0";
}

function isJsonType(type: string | undefined): boolean {
  return type !== undefined && jsonType.test(type);
}

/** `application/json` or `application/x+json`; JSON is UTF-8, so that is the one charset (RFC 8259, 8.1). */
const jsonType = /^application\/(?:[\w.-]+\+)?json(?:[ \t]*;[ \t]*charset="?utf-8"?)?$/i;

function tooLarge(bodyBytesMax: number): Error {
  return refusal("body_too_large", `Cannot take the body: the limit is ${bodyBytesMax} bytes`);
}

/** One piece of memory however small the pieces that come: a million chunks of a byte must not cost a hundred each. */
class GrowingBody {
  size = 0;
  #bytes: Buffer = Buffer.alloc(0);

  add(chunk: Buffer): void {
    if (this.size === 0) this.#bytes = chunk;
    else {
      const needed = this.size + chunk.length;
      if (needed > this.#bytes.length) {
        const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.#bytes.length, growthBytesMin));
        this.#bytes.copy(larger, 0, 0, this.size);
        this.#bytes = larger;
      }
      chunk.copy(this.#bytes, this.size);
    }
    this.size += chunk.length;
  }

  bytes(): Buffer {
    return this.#bytes.subarray(0, this.size);
  }
}

/** What one read of a socket brings at most. */
const growthBytesMin = 65_536;
