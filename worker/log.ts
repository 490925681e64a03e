/**
 * The Worker's log: one JSON object a line, without secrets.
 *
 * @module
 */
import { createRedact, type Redact } from "../lib/redact.ts";

/** How serious a line is. */
export type LogLevel = "info" | "warn" | "error";

/** What a line says beyond its event. Values of any kind are taken. */
export type LogDetails = Readonly<Record<string, unknown>>;

/** Writes lines. None of its methods ever throws. */
export interface Log {
  /** Something happened as it should. */
  info(event: string, details?: LogDetails): void;
  /** Something may need attention. */
  warn(event: string, details?: LogDetails): void;
  /** Something failed. */
  error(event: string, details?: LogDetails): void;
}

/** What a log is made with. */
export interface LogOptions {
  /**
   * The values to keep out. Those shorter than six characters are passed over.
   * @default {none}
   */
  readonly secrets?: readonly string[];
  /**
   * Takes a line, without a line break.
   * @default {`console.log`, `console.warn` or `console.error`, by the level}
   */
  readonly write?: (line: string, level: LogLevel) => void;
  /**
   * The current time, in milliseconds since the epoch.
   * @default {`Date.now`}
   */
  readonly now?: () => number;
}

const MAX_DEPTH = 8;

/**
 * Makes a log. In any string at any depth, names of members included, the secrets and whatever
 * looks like a token of Heroku become `[redacted]`. Errors give their name, message and code, and
 * never their stack.
 *
 * @example
 * ```ts ignore
 * const log = createLog({ secrets: [token] });
 * log.warn("sweep_failed", { error });
 * // {"at":"2026-10-03T14:05:00.000Z","level":"warn","event":"sweep_failed","error":{"name":…}}
 * ```
 */
export function createLog(
  { secrets = [], write = writeToConsole, now = Date.now }: LogOptions = {},
): Log {
  const redactAll = createRedact(secrets);
  // Ids of authorizations are uuids, and a log without them helps no one.
  const redact: Redact = (text) => redactAll(text, { keepUuids: true });

  function log(level: LogLevel, event: string, details: LogDetails = {}): void {
    try {
      write(toLine({ at: new Date(now()).toISOString(), level, event }, details, redact), level);
    } catch {
      // A log that cannot be written must not end what it reports.
    }
  }

  return {
    info: (event, details) => log("info", event, details),
    warn: (event, details) => log("warn", event, details),
    error: (event, details) => log("error", event, details),
  };
}

function writeToConsole(line: string, level: LogLevel): void {
  console[level === "info" ? "log" : level](line);
}

function toLine(head: LogDetails, details: LogDetails, redact: Redact): string {
  try {
    const body = Object.entries(details).filter(([name]) => !Object.hasOwn(head, name));
    return JSON.stringify(clean({ ...head, ...Object.fromEntries(body) }, redact, 0));
  } catch {
    return JSON.stringify({ ...head, problem: "The details could not be read" });
  }
}

function clean(value: unknown, redact: Redact, depth: number): unknown {
  if (typeof value === "string") return redact(value);
  if (typeof value === "bigint") return redact(value.toString());
  if (typeof value === "function" || typeof value === "symbol") return `[${typeof value}]`;
  if (typeof value !== "object" || value === null) return value;
  if (depth >= MAX_DEPTH) return "[too deep]";
  if (value instanceof Error) {
    const { name, message } = value;
    const code = "code" in value && typeof value.code === "string" ? { code: value.code } : {};
    return clean({ name, message, ...code }, redact, depth);
  }
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Map || value instanceof Set || Array.isArray(value)) {
    return Array.from(value, (item) => clean(item, redact, depth + 1));
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [redact(name), clean(member, redact, depth + 1)]),
  );
}
