/**
 * The name of a credential, which is the description of its authorization in Heroku.
 *
 * @module
 */
import { parseMarker } from "../../lib/rotation/marker.ts";
import { isTable } from "./mistakes.ts";

/**
 * How long a name may be. A replacement is called by its name and a marker of up to 23 characters,
 * such as ` [g123456 4k2m9x0qpz1c]`. Heroku documents no limit of a description; 100 characters is
 * the shortest that services commonly have, and a marker that was cut off would be lost.
 */
const LONGEST_NAME = 77;

const NAME_FORM =
  `Must be the description of the authorization in Heroku: 1 to ${LONGEST_NAME} characters, none of them a control character, without spaces at either end and without two in a row`;

/** What to say of a table without a name. */
export const MISSING_NAME = `Is missing: ${NAME_FORM.charAt(0).toLowerCase()}${NAME_FORM.slice(1)}`;

/** Says what is wrong with a name, and which one would be right; undefined for one that is right. */
export function findNameMistake(name: unknown): string | undefined {
  if (typeof name !== "string" || name === "") return NAME_FORM;
  if (/HRKU-/i.test(name)) {
    return "Must be the description of an authorization, and not its token: revoke that token, as it has been written into a file";
  }
  if (name.normalize("NFC") !== name && mend(name) === name.normalize("NFC")) {
    return `Must be in Unicode's composed form (NFC), as Heroku may store no other: copy '${
      mend(name)
    }' from here`;
  }
  const mended = mend(name);
  if (mended.length > LONGEST_NAME) {
    const shorter = mend(mended.slice(0, LONGEST_NAME).toWellFormed().replace(/\ufffd$/, ""));
    return `${NAME_FORM}: current length is ${name.length}. Write a shorter one such as '${shorter}', and rename the authorization with \`heroku authorizations:update ID --description NAME\``;
  }
  if (mended !== name) return mended === "" ? NAME_FORM : `${NAME_FORM}: write '${mended}'`;
  if (parseMarker(name).mark !== undefined) {
    return `Must not end in a marker such as '[g7 4k2m9x0qpz1c]', as replacements get theirs by themselves: write '${
      mend(parseMarker(name).name)
    }'`;
  }
  if (name === "." || name === "..") {
    return "Must not be '.' or '..', which mean something else in a URL: choose another name";
  }
  return undefined;
}

/** The name of a table if it has one that can be shown. */
export function readName(table: unknown): string | undefined {
  const name = isTable(table) ? table.name : undefined;
  return typeof name === "string" && findNameMistake(name) === undefined ? name : undefined;
}

/** The nearest text that a service would store as it is. */
function mend(name: string): string {
  return name.toWellFormed().replaceAll(/[\s\p{Cc}\p{Cf}\ufffd]+/gu, " ").trim().normalize("NFC");
}
