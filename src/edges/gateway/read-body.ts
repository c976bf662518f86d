/** Takes the body of a request into memory, within limits, as the bytes that are sent on. */
import { isUtf8 } from "node:buffer";
import type { IncomingMessage } from "node:http";
import type { ReefError } from "../../core/errors.ts";
import { checkTransfer } from "../../rpc/http/check-transfer.ts";
import { GrowingBytes } from "../../rpc/http/growing-bytes.ts";
import { refusal } from "../../rpc/http/problem.ts";

/** How much is held: by all bodies together, or by one. */
export interface BodyMeter {
  bodyBytes: number;
}

export interface BodyReading {
  readonly bodyBytesMax: number;
  readonly bodiesBytesMax: number;
  readonly all: BodyMeter;
  /** What this body holds; whoever forgets the body takes it off `all`. */
  readonly own: BodyMeter;
  /** It need not be text. @default false */
  readonly binary?: boolean;
}

/** What is asked when a JSON body is empty or there is none. */
export const emptyObject = Buffer.from("{}");

/**
 * The whole body.
 * @throws {ReefError} `body_too_large`, `too_many_requests`, `bad_request`; node's own error when the client has gone
 */
export function readBody(request: IncomingMessage, options: BodyReading): Promise<Buffer> {
  const { bodyBytesMax, bodiesBytesMax, all, own, binary = false } = options;
  return new Promise((resolve, reject) => {
    const body = new GrowingBytes();
    // The listeners stay, which is cheaper than taking them off for each request: after the end nobody calls them, and
    // after a failure they let the rest of the body run out.
    let over = false;
    request.on("data", (chunk: Buffer) => {
      if (over) return;
      all.bodyBytes += chunk.length;
      own.bodyBytes += chunk.length;
      body.add(chunk);
      if (body.size > bodyBytesMax) fail(tooLarge(bodyBytesMax));
      else if (all.bodyBytes > bodiesBytesMax) fail(tooMuchTogether(bodiesBytesMax));
    });
    request.on("end", () => {
      if (over) return;
      const bytes = body.bytes();
      // Checked once here: a decoder that repairs bad bytes would make two keys equal that were not.
      if (!binary && !isUtf8(bytes)) return fail(notUtf8());
      over = true;
      resolve(bytes);
    });
    request.on("error", fail);

    function fail(reason: Error): void {
      if (over) return;
      over = true;
      body.drop();
      reject(reason);
    }
  });
}

/**
 * Only what a plain HTML form cannot send, and only in the one way in which everybody reads it.
 * @throws {ReefError} `unsupported_media_type`, `unsupported_encoding`, `bad_request`
 */
export function checkBodyHeaders(request: IncomingMessage): void {
  const type = request.headers["content-type"];
  if (type !== "application/json" && !isJsonType(type)) {
    const found = type === undefined ? "there is none" : `it is ${JSON.stringify(type)}`;
    throw refusal(
      "unsupported_media_type",
      `Cannot read the body: Content-Type must be application/json, ${found}`,
    );
  }
  checkCodings(request);
}

/** @throws {ReefError} `unsupported_media_type`, `unsupported_encoding`, `bad_request` */
export function checkCodings({ headers, httpVersionMinor }: IncomingMessage): void {
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

/** Whether a body comes with the request. */
export function hasBody({ headers }: IncomingMessage): boolean {
  if (headers["transfer-encoding"] !== undefined) return true;
  const length = headers["content-length"];
  return length !== undefined && length !== "0";
}

/** Whether the body is a stream of JSON texts, one a line. */
export function sendsLines({ headers }: IncomingMessage): boolean {
  return linesType.test(headers["content-type"] ?? "");
}

/** As `jsonType`; a form cannot send it either. */
const linesType = /^application\/x-ndjson(?:[ \t]*;[ \t]*charset="?utf-8"?)?$/i;

function isJsonType(type: string | undefined): boolean {
  return type !== undefined && jsonType.test(type);
}

/** `application/json` or `application/x+json`; JSON is UTF-8, so that is the one charset (RFC 8259, 8.1). */
const jsonType = /^application\/(?:[\w.-]+\+)?json(?:[ \t]*;[ \t]*charset="?utf-8"?)?$/i;

function tooLarge(bodyBytesMax: number): Error {
  return refusal("body_too_large", `Cannot take the body: the limit is ${bodyBytesMax} bytes`);
}

export function tooMuchTogether(bodiesBytesMax: number): ReefError {
  return refusal(
    "too_many_requests",
    `Cannot take the body: the limit for all bodies together is ${bodiesBytesMax} bytes; try again`,
  );
}

function notUtf8(): Error {
  return refusal("bad_request", "Cannot read the body: it is not UTF-8");
}
