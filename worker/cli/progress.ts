/**
 * Progress for a person who waits for Heroku: an account with many authorizations has many pages.
 *
 * @module
 */
import { toPrintable } from "./text.ts";
import type { World } from "./world.ts";

/** Goes back to the start of the line and empties it. */
const CLEAR = "\r\u001b[K";

/**
 * Works with a world whose requests are counted on the terminal; without one nothing is written. The
 * line is gone when the work ends.
 *
 * @param what What is done, such as `Reading 'heroku'`.
 */
export async function withProgress<T>(
  what: string,
  world: World,
  work: (world: World) => Promise<T>,
): Promise<T> {
  if (!world.stderr.isTerminal) return await work(world);
  let answers = 0;
  const show = () =>
    world.stderr.write(
      `${CLEAR}${toPrintable(what)} ...${answers === 0 ? "" : ` ${answers} answers`}`,
    );
  show();
  try {
    return await work({
      ...world,
      async fetch(input, init) {
        const answer = await world.fetch(input, init);
        answers++;
        show();
        return answer;
      },
    });
  } finally {
    world.stderr.write(CLEAR);
  }
}
