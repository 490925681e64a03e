/**
 * What a deployed Worker says of itself.
 *
 * @module
 */
import { isSecureUrl } from "../../lib/secure_url.ts";
import { readBody } from "../../lib/read_body.ts";
import type { OrderKind } from "../account/orders.ts";
import type { ChannelTest } from "../routes/alerts.ts";
import type { Status } from "../status.ts";
import { Failure } from "./failure.ts";
import { toPrintable } from "./text.ts";
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

/** The address of a Worker that a verb was given, or that the environment has. */
export function findAddress(given: string | undefined, { env }: Pick<World, "env">): URL {
  const address = given ?? env.HEROTATE_URL;
  if (address) return parseAddress(address);
  throw new Failure(
    "Cannot ask a Worker without its address: give --url, or put it into the environment as HEROTATE_URL",
  );
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
  const { status, text } = await ask(new URL("status", address), world);
  const body = parse(text);
  if (status !== 200 || !isStatus(body)) {
    throw new Failure(
      `Cannot read ${address.host} because it answered ${status} without a status: give the address of a Herotate Worker's page`,
    );
  }
  return body;
}

/**
 * Asks a Worker for events, and gives each as it was answered.
 *
 * @throws {Failure} When it cannot be asked, refuses the key or the question, or is none of Herotate's.
 */
export async function readEvents(
  address: URL,
  query: URLSearchParams,
  world: Pick<World, "env" | "fetch">,
): Promise<readonly string[]> {
  const { status, text, type } = await ask(new URL(`events?${query}`, address), world);
  if (status === 200 && type.startsWith("application/x-ndjson")) {
    return text.split("\n").filter((line) => line !== "");
  }
  const body = parse(text);
  const why = typeof body === "object" && body !== null && "error" in body ? body.error : undefined;
  throw new Failure(
    typeof why === "string"
      ? `Cannot read the events of ${address.host}: it answered ${status}, ${toPrintable(why)}`
      : `Cannot read the events of ${address.host} because it answered ${status} without events: give the address of a Herotate Worker's page`,
  );
}

/**
 * Has a Worker send a test to each of its channels, and gives what became of each.
 *
 * @throws {Failure} When it cannot be asked, refuses the key, or is none of Herotate's.
 */
export async function testAlerts(
  address: URL,
  world: Pick<World, "env" | "fetch">,
): Promise<readonly ChannelTest[]> {
  const { status, text } = await ask(new URL("alerts/test", address), world, {
    method: "POST",
  });
  const body = parse(text);
  const channels = typeof body === "object" && body !== null
    ? Reflect.get(body, "channels")
    : undefined;
  if (status !== 200 || !Array.isArray(channels) || !channels.every(isTest)) {
    throw new Failure(
      `Cannot test the alerts of ${address.host} because it answered ${status} without an outcome: give the address of a Herotate Worker's page`,
    );
  }
  return channels;
}

/**
 * Gives an order to a Worker, and gives what it answered.
 *
 * @throws {Failure} When it cannot be asked, refuses the key or the order, or is none of Herotate's.
 */
export async function sendOrder(
  address: URL,
  { kind, name, reason }: {
    readonly kind: OrderKind;
    readonly name: string;
    readonly reason: string | undefined;
  },
  world: Pick<World, "env" | "fetch">,
): Promise<string> {
  const whose = kind === "sweep" ? "accounts" : "credentials";
  const url = new URL(`${whose}/${encodeURIComponent(name)}/${kind}`, address);
  const { status, text } = await ask(url, world, {
    method: "POST",
    body: reason === undefined ? {} : { reason },
    keyName: "OPERATOR_KEY",
  });
  const body = parse(text);
  const member = (key: string): unknown =>
    typeof body === "object" && body !== null ? Reflect.get(body, key) : undefined;
  const [message, why] = [member("message"), member("error")];
  if (status === 202 && typeof message === "string") return message;
  throw new Failure(
    typeof why === "string"
      ? `Cannot ${kind} '${name}': ${toPrintable(why)}`
      : `Cannot ${kind} '${name}' because ${address.host} answered ${status} without an outcome: give the address of a Herotate Worker's page`,
  );
}

function isTest(value: unknown): value is ChannelTest {
  if (typeof value !== "object" || value === null) return false;
  const error: unknown = Reflect.get(value, "error");
  return typeof Reflect.get(value, "name") === "string" &&
    (error === null || typeof error === "string");
}

/** An answer, whatever it is but a refused key. */
interface Answer {
  readonly status: number;
  readonly text: string;
  readonly type: string;
}

/** What is asked, and with which key. */
interface Question {
  /** @default {`GET`} */
  readonly method?: "GET" | "POST";
  /** @default {an empty object} */
  readonly body?: unknown;
  /**
   * The name of the key, in the environment and of the Worker secret.
   * @default {`PAGE_KEY`}
   */
  readonly keyName?: "PAGE_KEY" | "OPERATOR_KEY";
}

async function ask(
  url: URL,
  world: Pick<World, "env" | "fetch">,
  { method = "GET", body = {}, keyName = "PAGE_KEY" }: Question = {},
): Promise<Answer> {
  const key = world.env[keyName]?.trim();
  if (!key) {
    throw new Failure(
      `Cannot ask the Worker without its key: put it into the environment as ${keyName}`,
    );
  }
  const answer = await send(method, url, { key, body }, world);
  if (answer.status !== 401) return answer;
  throw new Failure(
    `Cannot use ${url.host} because the Worker refused the key in ${keyName}: it is the value that \`wrangler secret put ${keyName}\` was given`,
  );
}

async function send(
  method: "GET" | "POST",
  url: URL,
  { key, body }: { readonly key: string; readonly body: unknown },
  world: Pick<World, "fetch">,
): Promise<Answer> {
  const signal = AbortSignal.timeout(TIMEOUT);
  try {
    const answer = await world.fetch(url, {
      method,
      headers: {
        Accept: "application/json",
        Authorization: `Bearer ${key}`,
        ...(method === "POST" ? { "Content-Type": "application/json" } : {}),
      },
      ...(method === "POST" ? { body: JSON.stringify(body) } : {}),
      // A redirect would take the key elsewhere.
      redirect: "manual",
      signal,
    });
    return {
      status: answer.status,
      text: await readBody(answer, MOST_BYTES, signal) ?? "",
      type: answer.headers.get("Content-Type") ?? "",
    };
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
