/**
 * Answers changed at random: other statuses and bodies, members of other types, JSON that is cut off
 * or doubled.
 *
 * @module
 */
import type { Random } from "../../lib/testing/random.ts";

type Draw = Pick<Random, "next">;
type Json = Record<string, unknown> | unknown[];

const statuses: readonly number[] = [
  ...[200, 201, 202, 204, 206, 301, 302, 304, 400, 401, 402, 403, 404, 405, 406, 409, 410],
  ...[412, 416, 418, 422, 429, 451, 500, 501, 502, 503, 504, 599],
];
const bodiless: ReadonlySet<number> = new Set([204, 205, 304]);

const bodies: readonly string[] = [
  "",
  " ",
  "null",
  "true",
  "42",
  '"text"',
  "[]",
  "{}",
  "[{}]",
  "[null]",
  "[[]]",
  '{"id":"not_found","message":"Couldn\'t find that."}',
  '{"id":5}',
  '{"id":""}',
  '{"message":"It works"}',
  "<!DOCTYPE html><h1>Application error</h1>",
  "\u0000",
];

const values: readonly unknown[] = [
  null,
  true,
  "",
  "1",
  "2592000",
  "2026-11-22T10:11:12Z",
  0,
  1,
  -1,
  0.5,
  1e15,
  1e308,
  [],
  [null],
  {},
  { id: 5 },
];

const headers: readonly (readonly [name: string, value: string])[] = [
  ["Next-Range", "id ..; max=1000"],
  ["Next-Range", "id ]zzzzzzzz..; max=1000"],
  ["Next-Range", "?"],
  ["Retry-After", "0"],
  ["Retry-After", "86400"],
  ["Retry-After", "soon"],
  ["Content-Type", "text/plain"],
  ["RateLimit-Remaining", "-1"],
];

function pick<Item>({ next }: Draw, items: readonly Item[]): Item {
  return items[Math.floor(next() * items.length)];
}

function typeOf(value: unknown): string {
  return value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
}

function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null;
}

/** Every object and list in a value. */
function listHolders(value: unknown): Json[] {
  if (!isJson(value)) return [];
  return [value, ...Object.values(value).flatMap(listHolders)];
}

/** Changes one member somewhere: it is missing, doubled or of another type; a number is another one. */
function changeMember(draw: Draw, text: string): string {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return pick(draw, bodies);
  }
  const holder = pick(draw, listHolders(json).filter((each) => Object.keys(each).length > 0));
  if (holder === undefined) return pick(draw, bodies);
  const key = pick(draw, Object.keys(holder));
  if (Array.isArray(holder)) {
    changeList(draw, holder, Number(key));
  } else {
    holder[key] = changeValue(draw, holder[key]);
  }
  return JSON.stringify(json);
}

function changeList(draw: Draw, list: unknown[], at: number): void {
  const kind = draw.next();
  if (kind < 0.3) list.splice(at, 1);
  else if (kind < 0.5) list.push(list[at]);
  else if (kind < 0.7) list.splice(at, 0, pick(draw, values));
  else if (kind < 0.85) list.reverse();
  else list[at] = changeValue(draw, list[at]);
}

function changeValue(draw: Draw, value: unknown): unknown {
  if (typeof value === "number" && draw.next() < 0.4) {
    return pick(draw, [value / 2, value * 1000, -value, 0]);
  }
  // A text becomes no other text: what is a token has to be one that Heroku made.
  const other = values.filter((each) => typeOf(each) !== typeOf(value));
  return draw.next() < 0.3 ? undefined : pick(draw, other);
}

/** Changes an answer in one way or another. */
export async function mutate(response: Response, draw: Draw): Promise<Response> {
  const text = await response.text();
  const kind = draw.next();
  const changed = kind < 0.45
    ? changeMember(draw, text)
    : kind < 0.55
    ? text.slice(0, Math.floor(draw.next() * text.length))
    : kind < 0.62
    ? text + text
    : kind < 0.75
    ? pick(draw, bodies)
    : text;
  const status = kind >= 0.75 && kind < 0.95 || draw.next() < 0.1
    ? pick(draw, statuses)
    : response.status;
  const sent = new Headers(response.headers);
  if (kind >= 0.95) sent.set(...pick(draw, headers));
  return new Response(bodiless.has(status) ? null : changed, { status, headers: sent });
}
