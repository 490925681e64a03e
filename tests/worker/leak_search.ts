/**
 * The search for secrets where none may be: raw, in base64 at all three alignments, in hexadecimal,
 * and as the two bytes a character that V8 may store.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";

/** A secret to search for. */
export interface Secret {
  /** What it is, in words. */
  readonly name: string;
  /** Its value, or a part that no other text has. */
  readonly value: string | Uint8Array;
  /**
   * Whether to search for it only raw, as when there are many.
   * @default {false}
   */
  readonly rawOnly?: boolean;
}

/** Searches. What it gives says what was found where, and nothing more. */
export interface LeakSearch {
  /** Searches a text or bytes. */
  find(where: string, content: string | Uint8Array): string[];
  /** Searches the bytes of every file below a folder, and every row of those that are databases. */
  findInFolder(folder: string): string[];
}

/** Prepares a search. */
export function createLeakSearch(secrets: readonly Secret[]): LeakSearch {
  const needles = secrets.flatMap(({ name, value, rawOnly = false }) =>
    [...formsOf(toBytes(value))].filter(([form]) => !rawOnly || form === "raw")
      .map(([form, needle]) => ({ what: `${name} (${form})`, needle }))
  );

  function findIn(where: string, binary: string): string[] {
    return needles.filter(({ needle }) => binary.includes(needle))
      .map(({ what }) => `${what} in ${where}`);
  }

  return {
    find: (where, content) => findIn(where, toBinary(content)),
    findInFolder(folder) {
      const files = [...walk(folder)];
      return [
        ...files.flatMap((file) => findIn(file, toBinary(Deno.readFileSync(file)))),
        // A long value is on several pages of a database, so a search for its bytes misses it.
        ...files.filter((file) => file.endsWith(".sqlite")).flatMap((file) =>
          findIn(`a row of ${file}`, dumpDatabase(file))
        ),
      ];
    },
  };
}

/** All values of all tables, one after the other. */
function dumpDatabase(file: string): string {
  using database = new DatabaseSync(file);
  const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
  return tables.flatMap(({ name }) => {
    const all = database.prepare(`SELECT * FROM "${name}"`);
    // An alarm's time is in nanoseconds, which no JavaScript number holds.
    all.setReadBigInts(true);
    return all.all();
  })
    .flatMap((row) => Object.values(row))
    .map((value) => toBinary(value instanceof Uint8Array ? value : String(value)))
    .join("\n");
}

function formsOf(bytes: Uint8Array): Map<string, string> {
  const hex = bytes.toHex();
  const wide = new Uint8Array(bytes.length * 2 - 1);
  bytes.forEach((byte, index) => wide[index * 2] = byte);
  const forms = new Map([
    ["raw", toBinary(bytes)],
    ["hex", hex],
    ["HEX", hex.toUpperCase()],
    ["UTF-16", toBinary(wide)],
  ]);
  for (const before of [0, 1, 2]) {
    const padded = new Uint8Array(before + bytes.length);
    padded.set(bytes, before);
    // The characters at both ends also depend on what is beside it.
    const inner = padded.toBase64({ omitPadding: true }).slice(before === 0 ? 0 : before + 1, -1);
    forms.set(`base64 at ${before}`, inner);
    forms.set(`base64url at ${before}`, inner.replaceAll("+", "-").replaceAll("/", "_"));
  }
  return forms;
}

/** One character for each byte. */
function toBinary(content: string | Uint8Array): string {
  return new TextDecoder("latin1").decode(toBytes(content));
}

function toBytes(content: string | Uint8Array): Uint8Array {
  return typeof content === "string" ? new TextEncoder().encode(content) : content;
}

function* walk(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) yield* walk(path);
    else yield path;
  }
}
