/**
 * The shapes of the answers of Cloudflare's API.
 *
 * @module
 */

/** A success. */
export function result(result: unknown, more: Readonly<Record<string, unknown>> = {}): Response {
  return Response.json({ success: true, errors: [], messages: [], result, ...more });
}

/** There is no such Worker. */
export function workerNotFound(): Response {
  return failure(404, 10007, "This Worker does not exist on your account.");
}

/** There is no such path. */
export function noRoute(): Response {
  return failure(404, 7003, "Could not route to that path");
}

/** A failure. */
export function failure(
  status: number,
  code: number,
  message: string,
  headers: Record<string, string> = {},
): Response {
  const body = { success: false, errors: [{ code, message }], messages: [], result: null };
  return Response.json(body, { status, headers });
}
