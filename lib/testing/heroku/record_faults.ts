/**
 * Faults in what an answer says of an authorization: members of another type, ids that change.
 *
 * @module
 */

import type { Answer } from "./answers.ts";
import { createRandom } from "../random.ts";

/** What is changed in one record. */
export interface MemberChange {
  /** The member, an inner one after a dot: `access_token.version`. */
  readonly member: string;
  /** What it becomes, a function of what it is, too; undefined: it is missing. */
  readonly value: unknown;
}

type JsonObject = Record<string, unknown>;

/** Every member of a record that may be missing. */
const OPTIONAL_MEMBERS: readonly string[] = [
  "access_token",
  "access_token.expires_in",
  "access_token.id",
  "access_token.token",
  "access_token.version",
  "client",
  "client.id",
  "client.name",
  "client.redirect_uri",
  "created_at",
  "description",
  "grant",
  "grant.code",
  "grant.expires_in",
  "grant.id",
  "refresh_token",
  "refresh_token.expires_in",
  "refresh_token.id",
  "refresh_token.token",
  "scope",
  "session",
  "session.id",
  "updated_at",
  "user",
  "user.email",
  "user.full_name",
  "user.id",
];

const VALUES: readonly unknown[] = [
  undefined,
  null,
  "1",
  "",
  1,
  -1,
  0,
  0.5,
  1e15,
  true,
  [],
  [null],
  {},
  "2026-11-22T10:11:12Z",
];

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function setMember(record: JsonObject, { member, value }: MemberChange): JsonObject {
  const dot = member.indexOf(".");
  if (dot < 0) {
    const changed = typeof value === "function" ? value(record[member]) : value;
    return { ...record, [member]: changed };
  }
  const outer = record[member.slice(0, dot)];
  const change = { member: member.slice(dot + 1), value };
  return { ...record, [member.slice(0, dot)]: setMember(isObject(outer) ? outer : {}, change) };
}

/** Changes the records of an answer. One that has none stays as it is. */
function alter(answer: Answer, change: (records: readonly JsonObject[]) => unknown[]): Answer {
  if (answer.status >= 300 || answer.body === null) return answer;
  const shown: unknown = JSON.parse(answer.body);
  if (isObject(shown)) return { ...answer, body: JSON.stringify(change([shown])[0]) };
  if (!Array.isArray(shown) || shown.length === 0) return answer;
  return { ...answer, body: JSON.stringify(change(shown)) };
}

/** Whether an answer shows a whole token, which no fault may take from it. */
function isIssued({ access_token: token }: JsonObject): boolean {
  return isObject(token) && typeof token.token === "string" && !token.token.includes("*****");
}

/**
 * Gives another type or null to an optional member, or leaves it out.
 *
 * @param answer the answer
 * @param drawn a number from 0 to 1 that decides what is changed, and in which record
 * @param change the same change in every record; undefined: one that is drawn, in one record
 */
export function mistype(answer: Answer, drawn: number, change?: MemberChange): Answer {
  if (change !== undefined) {
    return alter(answer, (records) => records.map((record) => setMember(record, change)));
  }
  const { next } = createRandom(drawn * 2 ** 32);
  const pick = <Item>(items: readonly Item[]) => items[Math.floor(next() * items.length)];
  return alter(answer, (records) => {
    const spoilt = pick(records);
    const members = isIssued(spoilt)
      ? OPTIONAL_MEMBERS.filter((name) => name !== "access_token" && name !== "access_token.token")
      : OPTIONAL_MEMBERS;
    const drawnChange = { member: pick(members), value: pick(VALUES) };
    return records.map((record) => record === spoilt ? setMember(record, drawnChange) : record);
  });
}

/** Gives every access token another id than the last answer gave it. */
export function shiftIds(answer: Answer, drawn: number): Answer {
  const { uuid } = createRandom(drawn * 2 ** 32);
  return alter(
    answer,
    (records) =>
      records.map((record) =>
        isObject(record.access_token)
          ? setMember(record, { member: "access_token.id", value: uuid() })
          : record
      ),
  );
}

/** Gives every scope in the opposite order. */
export function reorder(answer: Answer): Answer {
  return alter(
    answer,
    (records) =>
      records.map((record) =>
        Array.isArray(record.scope) ? { ...record, scope: record.scope.toReversed() } : record
      ),
  );
}
