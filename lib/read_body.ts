/**
 * Reads an answer's body within a bound, so that no server can fill the memory.
 *
 * @module
 */

/**
 * How many bytes a runtime needs to hold a piece of a body, however small it is. All pieces together
 * may need as much as their bytes: else a body in pieces of no or one byte would never end, or take
 * far more memory than its bound.
 */
const PIECE_COST = 256;

/**
 * Reads a body as text, and stops at the bound. Bytes count as they are after unpacking (gzip), as a
 * small answer may unpack to any size. What is not read to its end is cancelled, apart from a body of a
 * known length: an abort leaves that one to the fetch it came from.
 *
 * @param response The answer.
 * @param limit How many bytes to read at most.
 * @param signal Ends the reading when aborted.
 * @returns The text, or undefined when the body is larger.
 * @throws The signal's reason, or what broke the body off.
 */
export async function readBody(
  response: Response,
  limit: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (response.body === null) return "";
  if (isWithin(response, limit)) return await readText(response, signal);
  const reader = response.body.getReader();
  // A pending read ends with the cancel, so that no race is needed.
  const cancel = () => void reader.cancel(signal.reason).catch(() => {});
  signal.addEventListener("abort", cancel);
  const pieces: Uint8Array[] = [];
  let length = 0;
  let ended = false;
  try {
    while (length <= limit && pieces.length * PIECE_COST <= limit) {
      signal.throwIfAborted();
      const { done, value } = await reader.read();
      signal.throwIfAborted();
      ended = done;
      if (done) return decode(pieces, length);
      if (!(value instanceof Uint8Array)) throw new TypeError("Cannot read a body without bytes");
      length += value.byteLength;
      pieces.push(value);
    }
    return undefined;
  } finally {
    signal.removeEventListener("abort", cancel);
    if (!ended) cancel();
  }
}

/** Reads the whole text; ends at once when aborted, even where the body takes no notice. */
async function readText(response: Response, signal: AbortSignal): Promise<string> {
  signal.throwIfAborted();
  let stop = () => {};
  try {
    return await new Promise((resolve, reject) => {
      stop = () => reject(signal.reason);
      signal.addEventListener("abort", stop);
      response.text().then(resolve, reject);
    });
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/**
 * Whether the transport sees to the bound: HTTP reads as many bytes as `Content-Length` says. It says
 * nothing of a body that is packed, and in a browser another origin need not show that it is.
 */
function isWithin({ headers, type }: Response, limit: number): boolean {
  const length = headers.get("Content-Length");
  return length !== null && /^\d+$/.test(length) && Number(length) <= limit &&
    !headers.has("Content-Encoding") && type !== "cors";
}

function decode(pieces: readonly Uint8Array[], length: number): string {
  if (pieces.length === 1) return new TextDecoder().decode(pieces[0]);
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.byteLength;
  }
  return new TextDecoder().decode(whole);
}
