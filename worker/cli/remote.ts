/**
 * What a deployed Worker says of itself.
 *
 * @module
 */
import { isSecureUrl } from "../../lib/secure_url.ts";
import { readBody } from "../../lib/read_body.ts";
import type { Status } from "../status.ts";
import { Failure } from "./failure.ts";
import type { World } from "./world.ts";

/** How long an answer may take, in milliseconds. */
const TIMEOUT = 30_000;

/** More is no status: one of 1,000 credentials has about 1 MB. */
const MOST_BYTES = 64 * 1024 * 1024;

/**
 * Reads the address of a Worker: that of its page.
 *
 * @throws {Failure} When it is none that a key may be sent to.
 */
export function parseAddress(given: string): URL {
  const text = given.includes("://") ? given : `https://${given}`;
  if (!URL.canParse(text)) {
    throw new Failure(
      "Cannot use the value of --url because it is no address: give that of the Worker's page, such as https://herotate.example.workers.dev",
    );
  }
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") {
    throw new Failure(
      "Cannot use the value of --url because it holds a user or a password: give the address, and the key as PAGE_KEY in the environment",
    );
  }
  if (!isSecureUrl(url)) {
    throw new Failure(
      "Cannot send the page's key to the value of --url because it is not https: give the https address",
    );
  }
  return new URL("./", url);
}

/**
 * Asks a Worker for its status.
 *
 * @throws {Failure} When it cannot be asked, refuses the key, or is none of Herotate's.
 */
export async function readStatus(
  address: URL,
  world: Pick<World, "env" | "fetch">,
): Promise<Status> {
  const key = world.env.PAGE_KEY?.trim();
  if (!key) {
    throw new Failure(
      "Cannot ask the Worker without its page key: put it into the environment as PAGE_KEY",
    );
  }
  const { status, text } = await get(new URL("status", address), key, world);
  if (status === 401) {
    throw new Failure(
      `Cannot read ${address.host} because the Worker refused the key in PAGE_KEY: it is the value that \`wrangler secret put PAGE_KEY\` was given`,
    );
  }
  const body = parse(text);
  if (status !== 200 || !isStatus(body)) {
    throw new Failure(
      `Cannot read ${address.host} because it answered ${status} without a status: give the address of a Herotate Worker's page`,
    );
  }
  return body;
}

async function get(
  url: URL,
  key: string,
  world: Pick<World, "fetch">,
): Promise<{ readonly status: number; readonly text: string }> {
  const signal = AbortSignal.timeout(TIMEOUT);
  try {
    const answer = await world.fetch(url, {
      headers: { Accept: "application/json", Authorization: `Bearer ${key}` },
      // A redirect would take the key elsewhere.
      redirect: "manual",
      signal,
    });
    return { status: answer.status, text: await readBody(answer, MOST_BYTES, signal) ?? "" };
  } catch (error) {
    throw new Failure(
      `Cannot reach ${url.host}: ${
        error instanceof Error ? error.message : "no answer"
      }. See that the address is right and the Worker is deployed`,
    );
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What is looked at of a status before it is believed to be one. */
function isStatus(body: unknown): body is Status {
  if (typeof body !== "object" || body === null) return false;
  const members = ["reasons", "mistakes", "warnings", "accounts", "credentials", "unmanaged"];
  return "status" in body && (body.status === "ok" || body.status === "failing") &&
    members.every((name) => Array.isArray(Object.getOwnPropertyDescriptor(body, name)?.value));
}
