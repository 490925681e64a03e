/**
 * The word in every token of the tests, and the search for it in every form it may take.
 *
 * @module
 */

/** The word in every token that the simulation makes. */
export const canary = "CANARY7";

function toBase64(text: string): string {
  return btoa(text).replaceAll("=", "");
}

/** What base64 makes of the word, wherever in a text it begins: what hangs on its neighbours is cut off. */
const base64Forms = [
  toBase64(canary).slice(0, 9),
  toBase64(`.${canary}`).slice(2, 10),
  toBase64(`..${canary}`).slice(3, 12),
];

const hexForm = Array.from(canary, (letter) => letter.charCodeAt(0).toString(16)).join("");

const anyForm = new RegExp(
  [canary, ...base64Forms, `(?:${hexForm}|${hexForm.toUpperCase()})`].join("|"),
);

/** Whether a text gives a token away: raw, in base64 or in hexadecimal. */
export function leaks(text: string): boolean {
  return anyForm.test(text);
}

/** Everything that an error shows to whoever looks at it. */
export function everyFormOf(thrown: unknown): string {
  const forms = [Deno.inspect(thrown, { depth: 10, showHidden: true }), String(thrown)];
  for (let error = thrown; error instanceof Error; error = error.cause) {
    forms.push(error.message, error.stack ?? "", JSON.stringify(error));
    forms.push(JSON.stringify(Object.getOwnPropertyDescriptors(error)));
  }
  return forms.join("\n");
}
