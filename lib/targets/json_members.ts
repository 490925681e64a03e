/**
 * The members of a JSON object in a text, of which one is to be changed and all others kept.
 *
 * @module
 */

/** The members, or why they cannot be kept: the end of a sentence that says what to do. */
export type JsonMembers =
  | { readonly members: Record<string, unknown>; readonly problem?: undefined }
  | { readonly members?: undefined; readonly problem: string };

/** Parses a text whose object is to be written again. */
export function parseMembers(text: string): JsonMembers {
  const members = parseObject(text);
  if (!members) {
    return { problem: "holds no JSON object: correct it, or leave out 'key'" };
  }
  const outside = text.replaceAll(/"(?:\\.|[^"\\])*"/g, '""');
  const numbers = outside.match(/-?\d[\d.eE+-]*/g) ?? [];
  if (numbers.some((number) => /\d{16}/.test(number) || !Number.isFinite(Number(number)))) {
    return {
      problem:
        "holds a number of more than 15 digits, which would not be kept: write that number as a string",
    };
  }
  return { members };
}

/** Whether a text is a JSON object. */
export function isJsonObject(text: string): boolean {
  return parseObject(text) !== undefined;
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

// Not valibot's record, which leaves out members by the names of `__proto__` and `constructor`.
function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
