/**
 * Heroku's lists, a page at a time: what a `Range` header asks for and which records answer it.
 *
 * Sources: https://devcenter.heroku.com/articles/platform-api-reference#ranges and, for ranges that
 * have an end and no start, https://devcenter.heroku.com/changelog-items/314
 *
 * @module
 */

/** How many records a page has when the `Range` header names no `max`. */
export const DEFAULT_PAGE_SIZE = 200;

/** The largest `max` that is answered; a larger one is a bad range. */
export const LARGEST_PAGE_SIZE = 1000;

/** What a `Range` header asks for. */
export interface ListRange {
  /** The key to begin at, in the order of reading; empty: at the beginning. */
  readonly start: string;
  /** Whether the record with the key `start` is left out (`]` before it). */
  readonly startExcluded: boolean;
  /** The key to end at, in the order of reading; empty: at the end. */
  readonly end: string;
  /** Whether the record with the key `end` is left out (`[` after it). */
  readonly endExcluded: boolean;
  /** The order of reading. */
  readonly order: "asc" | "desc";
  /** The most records to answer with, from 1 to {@linkcode LARGEST_PAGE_SIZE}. */
  readonly max: number;
  /** Whether the header named a `max`, which is then named in the answer as well. */
  readonly maxAsked: boolean;
}

/** Why a `Range` header is answered with 416. */
export interface RangeProblem {
  /** What is wrong, for the error's message. */
  readonly problem: string;
}

/** One page of a list. */
export interface Page<Item> {
  /** The records, in the order asked for. */
  readonly items: readonly Item[];
  /** The `Content-Range` header; undefined for an empty page. */
  readonly contentRange?: string;
  /** The `Next-Range` header; undefined when no record is left. */
  readonly nextRange?: string;
}

const FORM = /^id +(\]?)([\w-]*)\.\.([\w-]*)(\[?) *(?:;(.*))?$/;

function bad(message: string): RangeProblem {
  return { problem: message };
}

/**
 * Reads a `Range` header: `id ..`, `id ]a..z[; max=10`, `id a..; order=desc,max=10;`. An empty start
 * is the beginning, with or without `]`: heroku-client sends `id ]..` with every call.
 *
 * @param header the header's value, null when there is none
 * @returns what is asked for, or why it cannot be answered; it never throws
 */
export function parseRange(header: string | null): ListRange | RangeProblem {
  const parts = FORM.exec(header ?? "id ..");
  if (parts === null) return bad("Range must be like 'id ..; max=200'");
  const [, exclusion, start = "", end = "", endExclusion, attributes = ""] = parts;
  if (start === "" && end !== "") return bad("Range must have a start where it has an end");
  if (end === "" && endExclusion !== "") return bad("Range must have an end before '['");

  let max: number | undefined;
  let order: "asc" | "desc" | undefined;
  for (const attribute of attributes.split(/[;,]/).map((text) => text.trim())) {
    const [name, value = ""] = attribute.split("=", 2);
    if (attribute === "") continue;
    if (name === "max" && max === undefined && /^\d{1,9}$/.test(value)) {
      max = Number(value);
    } else if (name === "order" && order === undefined && (value === "asc" || value === "desc")) {
      order = value;
    } else {
      return bad("Range attributes must be 'max' and 'order'");
    }
  }
  const maxAsked = max !== undefined;
  max ??= DEFAULT_PAGE_SIZE;
  if (max < 1 || max > LARGEST_PAGE_SIZE) {
    return bad(`Range 'max' must be between 1 and ${LARGEST_PAGE_SIZE}`);
  }
  const startExcluded = exclusion !== "";
  return {
    start,
    startExcluded,
    end,
    endExcluded: endExclusion !== "",
    order: order ?? "asc",
    max,
    maxAsked,
  };
}

/** The first index whose key is not before `key`, or (with `after`) is past it. */
function search<Item extends { readonly key: string }>(
  sorted: readonly Item[],
  key: string,
  after: boolean,
): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const found = sorted[middle].key;
    if (found < key || (after && found === key)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * The index at which a key is, or would have to be put, in a list sorted by key.
 *
 * @param sorted the list, by ascending key
 * @param key the key to look for
 */
export function positionOf<Item extends { readonly key: string }>(
  sorted: readonly Item[],
  key: string,
): number {
  return search(sorted, key, false);
}

/**
 * Takes the page that a range asks for out of a list.
 *
 * @param sorted the whole list, by ascending key
 * @param range what is asked for
 */
export function takePage<Item extends { readonly key: string }>(
  sorted: readonly Item[],
  range: ListRange,
): Page<Item> {
  const { start, startExcluded, end, endExcluded, order, max, maxAsked } = range;
  const ascending = order === "asc";
  const [low, lowExcluded, high, highExcluded] = ascending
    ? [start, startExcluded, end, endExcluded]
    : [end, endExcluded, start, startExcluded];
  const from = low === "" ? 0 : search(sorted, low, lowExcluded);
  const to = Math.max(from, high === "" ? sorted.length : search(sorted, high, !highExcluded));
  const items = ascending
    ? sorted.slice(from, Math.min(to, from + max))
    : sorted.slice(Math.max(from, to - max), to).reverse();
  if (items.length === 0) return { items };

  const attributes = ascending ? `max=${max}` : `order=desc,max=${max}`;
  const shown = maxAsked || !ascending ? `; ${attributes}` : "";
  const last = items[items.length - 1].key;
  const until = `${end}${endExcluded ? "[" : ""}`;
  return {
    items,
    contentRange: `id ${items[0].key}..${last}${shown}`,
    nextRange: items.length < to - from ? `id ]${last}..${until}; ${attributes}` : undefined,
  };
}
