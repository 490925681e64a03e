/**
 * What is wrong with a secret that is to be sent in a header, and how it commonly got in.
 *
 * @module
 */

/** What is looked for, in this order, with what to say of it. */
const SIGNS: readonly (readonly [RegExp, string])[] = [
  [/\ufeff/, "Has a byte order mark, which no header can carry: copy it without that"],
  [
    /[\u2018-\u201f\u2039\u203a\u00ab\u00bb]/,
    "Has curly quotes, which no header can carry: copy it without them",
  ],
  [/-----BEGIN [A-Z ]*-----/, "Is a key or a certificate in PEM, and no token: copy the token"],
  [/^\s*\{[^]*\}\s*$/, "Is JSON: copy only the token that it holds"],
  [/^\s*https?:\/\//, "Is an address: copy the token"],
  [
    /\S[^\S\n]*[\r\n]+\s*\S/,
    "Has a line break inside, which no header can carry: copy it as one line",
  ],
  [/^\s|\s$/, "Begins or ends with a space or a line break: copy it without that"],
  [
    /[\p{Cf}\u00a0]/u,
    "Has an invisible character, which no header can carry: copy it from where it was made",
  ],
  [/[\p{Cc}]/u, "Has a control character, which no header can carry: copy it without that"],
  [
    /[^\x20-\x7e]/,
    "Has a character beyond ASCII, which no header can carry: copy it from where it was made",
  ],
  [/^(["'`]).*\1$/, "Is wrapped in quotes: copy what is between them"],
  [
    /^(bearer|token|basic) +\S/i,
    "Begins with the name of an authentication scheme, which is added by itself: copy what follows it",
  ],
  [
    /^\$(\w+|\{\w+\}|\(.*\))$/,
    "Is the name of a variable in a shell, and not its value: copy the value",
  ],
  [/^<.*>$/, "Is a placeholder: copy the value itself"],
];

/**
 * Says why a value cannot be used in a header, in words to which ` and run …` can be added; undefined
 * for one that can. No part of the value is repeated.
 *
 * @param name The secret's name.
 */
export function findUnusable(name: string, value: string): string | undefined {
  const sign = SIGNS.find(([pattern]) => pattern.test(value));
  if (sign) return sign[1];
  if (value === name) return "Is its own name: copy the value itself";
  return value.replace(/^(export|set) /, "").startsWith(`${name}=`)
    ? "Begins with its own name and '=': copy what follows"
    : undefined;
}
