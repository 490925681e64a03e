/**
 * `FUSE`: the most that one sweep may begin.
 *
 * @module
 */
import * as v from "valibot";
import type { Fuse } from "../../lib/rotation/fuse.ts";
import { findUnknown, fromJson, isTable, joinPath, type Mistake } from "./mistakes.ts";

/** The outcome: the fuse, with defaults where none is given or a wrong one, and what is wrong. */
export interface FuseResult {
  /** The fuse for so many credentials. */
  readonly fuseFor: (credentials: number) => Fuse;
  /** All that is wrong. */
  readonly mistakes: readonly Mistake[];
}

const MOST = 10_000;
const limit = v.pipe(
  v.number(describeLimit),
  v.integer(describeLimit),
  v.minValue(1, describeLimit),
  v.maxValue(MOST, describeLimit),
);
const schema = v.object({ creates: v.optional(limit), deletes: v.optional(limit) });
const TABLE_FORM =
  "Must be a table such as { creates = 10, deletes = 20 }: write [vars.FUSE], with one bracket on each side";

/** Reads `FUSE`. */
export function parseFuse(given: unknown): FuseResult {
  const value = fromJson(given) ?? {};
  const result = v.safeParse(schema, value);
  const limits = result.success ? result.output : {};
  return {
    fuseFor(credentials) {
      const creates = limits.creates ?? Math.max(10, Math.ceil(credentials / 2));
      return { creates, deletes: limits.deletes ?? 2 * creates };
    },
    mistakes: isTable(value)
      ? [
        ...(result.issues ?? []).map((issue) => ({
          path: joinPath("FUSE", issue.path?.map(({ key }) => key) ?? []),
          message: issue.message,
        })),
        ...findUnknown(value, Object.keys(schema.entries), "FUSE"),
      ]
      : [{ path: "FUSE", message: TABLE_FORM }],
  };
}

function describeLimit({ input }: { readonly input: unknown }): string {
  const form = `Must be a whole number from 1 to ${MOST}`;
  const count = typeof input === "string" && /^ *-?\d+(\.\d+)? *$/.test(input)
    ? Number(input)
    : input;
  if (typeof count !== "number" || Number.isNaN(count)) return form;
  return `${form}: write ${Math.min(Math.max(Math.round(count), 1), MOST)}${
    typeof input === "string" ? ", without quotes" : ""
  }`;
}
