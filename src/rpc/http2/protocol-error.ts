/** A peer has done what ends its connection; it is told with the code, and the log of its owner has the text. */
import { ReefError } from "../../core/errors.ts";
import { type ErrorCode, errorCode } from "./frames.ts";

export class ProtocolError extends ReefError {
  readonly http2Code: ErrorCode;

  constructor(http2Code: ErrorCode, rule: string) {
    const isTooMuch = http2Code === errorCode.enhanceYourCalm;
    super(
      isTooMuch ? "resource_exhausted" : "invalid_argument",
      `Cannot go on with a connection of HTTP/2: ${rule}`,
    );
    this.http2Code = http2Code;
  }
}

/** A frame that is not as the protocol has it. */
export function broken(rule: string): ProtocolError {
  return new ProtocolError(errorCode.protocolError, rule);
}

export function wrongSize(rule: string): ProtocolError {
  return new ProtocolError(errorCode.frameSizeError, rule);
}
