/**
 * The one line that says how far something long has come.
 *
 * @module
 */

/** Where the line goes, and when. */
export interface ProgressOptions {
  /** How much there is to do, in any unit. */
  readonly total: number;
  /** Whether the line is written over in its place, rather than again and again. */
  readonly isTerminal: boolean;
  /** The time, in milliseconds. */
  readonly now: () => number;
  /** Writes text as it is. */
  readonly write: (text: string) => void;
}

/** How far it has come. */
export interface Progress {
  /** So much more is done. */
  add(done: number): void;
  /** Says something that stays. */
  say(text: string): void;
  /** Takes the line away, where it can be. */
  end(): void;
}

/** How often a line is written where none can be written over, in milliseconds. */
const pause = 30_000;
const minute = 60_000;

const toLineStart = "\r\x1b[K";

/** Starts the line. */
export function createProgress({ total, isTerminal, now, write }: ProgressOptions): Progress {
  const startedAt = now();
  let done = 0;
  let writtenAt = -Infinity;

  function format(): string {
    const share = Math.min(done / total, 1);
    const left = share > 0 ? (now() - startedAt) * (1 - share) / share : undefined;
    const time = left === undefined ? "no one knows how long" : inMinutes(left);
    return `${(share * 100).toFixed(1)} % done, ${time} left`;
  }

  function show(): void {
    if (isTerminal) return write(`${toLineStart}${format()}`);
    if (now() - writtenAt < pause) return;
    writtenAt = now();
    write(`${format()}\n`);
  }

  return {
    add(more) {
      done += more;
      show();
    },
    say(text) {
      write(`${isTerminal ? toLineStart : ""}${text}\n`);
      if (isTerminal) write(format());
    },
    end() {
      if (isTerminal) write(toLineStart);
    },
  };
}

function inMinutes(duration: number): string {
  if (duration < minute) return "less than a minute";
  const minutes = Math.round(duration / minute);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
