/**
 * Text for a terminal: safe, wrapped, and coloured where a person reads it.
 *
 * @module
 */
import { styleText } from "node:util";
import type { Output, World } from "./world.ts";

/** What a colour means. */
export type Tone = "good" | "bad" | "warning" | "quiet" | "strong";

const FORMATS = {
  good: "green",
  bad: "red",
  warning: "yellow",
  quiet: "gray",
  strong: "bold",
} as const;

/** Gives a text the look of a tone. */
export type Paint = (tone: Tone, text: string) => string;

/** Makes what paints: only on a terminal, and not with `NO_COLOR` (see https://no-color.org). */
export function createPaint({ env }: Pick<World, "env">, { isTerminal }: Output): Paint {
  if (!isTerminal || (env.NO_COLOR ?? "") !== "" || env.TERM === "dumb") return (_, text) => text;
  return (tone, text) => styleText(FORMATS[tone], text, { validateStream: false });
}

/**
 * Takes out of a text what a terminal would obey, or what would show it in another order: a
 * description in Heroku may hold anything.
 */
export function toPrintable(text: string): string {
  return text.toWellFormed().replaceAll(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}

/** Cuts a text to a number of characters. */
export function truncate(text: string, length: number): string {
  const characters = [...text];
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join("")}…`;
}

/**
 * Breaks a text into lines of a width between its spaces; a longer word has a line of its own, so
 * that it can be copied.
 *
 * @param indent How many spaces each line begins with.
 */
export function wrap(text: string, columns: number, indent: number = 0): string {
  const width = Math.max(20, columns - indent);
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/).filter((each) => each !== "")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && [...longer].length > width) {
      lines.push(line);
      line = word;
    } else {
      line = longer;
    }
  }
  return [...lines, line].map((each) => `${" ".repeat(indent)}${each}`).join("\n");
}

/** Says how many there are of something, such as `1 mistake`, `2 mistakes`. */
export function count(number: number, one: string, many: string = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}
