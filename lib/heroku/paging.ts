/**
 * Follows a list of Heroku's API over all its pages.
 *
 * @module
 */
import { PagingError } from "./errors.ts";
import type { HerokuResponse } from "./judge.ts";

/** The largest page that Heroku gives, and the one that is asked for by default. */
export const LARGEST_PAGE = 1000;

/** No list is followed further: it would be a million records at the default size of a page. */
export const MAX_PAGES = 1000;

/** No list is read further, as a page may hold far more records than were asked for. */
export const MAX_RECORDS = MAX_PAGES * LARGEST_PAGE;

/** An attribute, a start that is not empty, two dots; then, if anything, an end and options. */
const NEXT_RANGE = /^[a-z_]+ \]?[^\s\];,]+\.\.[^\s;]*(?: *;[\x20-\x7e]*)?$/;

/** One page of a list. */
export interface Page {
  /** Which page it is, from 1 on. */
  readonly number: number;
  /** Its records, of whatever shape. */
  readonly records: readonly unknown[];
}

/**
 * Asks for page after page, until Heroku says by a 200 that it was the last.
 *
 * A list that cannot be completed ends with an error, so that it is never taken for the whole: when
 * a 206 has no `Next-Range`, or one that is malformed or was followed before, and after
 * {@linkcode MAX_PAGES} or {@linkcode MAX_RECORDS}.
 *
 * @param pageSize How many records to ask for at once, 1 to {@linkcode LARGEST_PAGE}.
 * @param load Asks for one page, given its `Range` header.
 * @throws {PagingError} When the list cannot be completed.
 * @throws {MalformedResponseError} When a page is no array.
 */
export async function* followPages(
  pageSize: number,
  load: (range: string) => Promise<HerokuResponse>,
): AsyncGenerator<Page, void, undefined> {
  let range = `id ..; max=${pageSize}`;
  const followed = new Set<string>();
  let given = 0;
  for (let number = 1; number <= MAX_PAGES; number++) {
    followed.add(range);
    const response = await load(range);
    if (!Array.isArray(response.body)) throw response.malformed("its body is no array");
    const records: readonly unknown[] = response.body;
    given += records.length;
    if (given > MAX_RECORDS) {
      throw new PagingError(
        `Cannot list the authorizations because there are more than ${MAX_RECORDS} records: what answers ` +
          "there may not be Heroku",
      );
    }
    yield { number, records };
    if (response.status !== 206) return;
    range = readNextRange(response.headers, number, followed);
  }
  throw new PagingError(
    `Cannot list the authorizations because there are more than ${MAX_PAGES} pages: ask for larger pages`,
  );
}

function readNextRange(headers: Headers, page: number, followed: ReadonlySet<string>): string {
  const next = headers.get("Next-Range");
  const cannot =
    `Cannot list the authorizations because page ${page} is not the last, but its 'Next-Range'`;
  const details = { status: 206 };
  if (next === null) throw new PagingError(`${cannot} is missing`, details);
  if (!NEXT_RANGE.test(next)) throw new PagingError(`${cannot} is malformed`, details);
  if (followed.has(next)) throw new PagingError(`${cannot} was followed before`, details);
  return next;
}

/** No id that is a uuid holds it. */
const SEPARATOR = "\n";

/** As many ids are joined into one text. */
const JOINED = 1000;

/**
 * Makes a check that is given each id in turn, and says whether it came before. As long as ids ascend,
 * which they do in Heroku's lists, it only keeps them, joined into texts: a set of them is made only when
 * one does not ascend.
 */
export function createRepetitionCheck(): (id: string) => boolean {
  let texts: string[] = [];
  let newest: string[] = [];
  let last = "";
  let all: Set<string> | undefined;
  return (id) => {
    if (all === undefined && (id <= last || id.includes(SEPARATOR))) {
      all = new Set([...texts.flatMap((text) => text.split(SEPARATOR)), ...newest]);
      texts = newest = [];
    }
    if (all !== undefined) return all.size === all.add(id).size;
    last = id;
    if (newest.push(id) === JOINED) {
      texts.push(newest.join(SEPARATOR));
      newest = [];
    }
    return false;
  };
}
