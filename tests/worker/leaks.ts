/**
 * What must not leak from the Workers of these tests, and what their own requests may carry.
 *
 * @module
 */
import { canary, keys } from "./harness.ts";
import { createLeakSearch, type LeakSearch, type Secret } from "./leak_search.ts";
import { sealingKey, type WorkerProcess } from "./process.ts";
import { configVar, type Outbound, type Surroundings } from "./surroundings.ts";

const keySecrets: readonly Secret[] = [
  { name: "SEALING_KEY", value: sealingKey },
  { name: "SEALING_KEY's bytes", value: Uint8Array.fromBase64(sealingKey) },
  { name: "PAGE_KEY", value: keys.page },
  { name: "The reader's key", value: keys.reader },
  { name: "The webhook's key", value: keys.webhook },
];

/**
 * Makes the search for any token there has been, the Worker's own for Heroku among them, for the end of
 * one, and for all the Worker's keys.
 */
export function createSearch({ heroku }: Surroundings): LeakSearch {
  return createLeakSearch([
    { name: "A token", value: canary },
    ...heroku.tokens().map((token) => ({
      name: "The end of a token",
      value: token.slice(-16),
      rawOnly: true,
    })),
    ...keySecrets,
  ]);
}

/**
 * Checks every request: tokens only in the body of a delivery, and in the Authorization header of the
 * call that proves one; the Worker's token for Heroku only in the Authorization header of calls to
 * Heroku; its keys nowhere.
 */
export function findOutboundLeaks(around: Surroundings): string[] {
  const { heroku, outbound } = around;
  const search = createSearch(around);
  const own = createLeakSearch([...keySecrets, {
    name: "The token for Heroku",
    value: heroku.token,
  }]);
  return outbound.flatMap((request) => {
    const { to, method, url, headers, body } = request;
    const where = `${method} ${url.pathname}`;
    const others = [...headers].filter(([name]) => name !== "authorization");
    return [
      ...search.find(`the URL of ${where}`, url.href),
      ...search.find(`the headers of ${where}`, JSON.stringify(others)),
      ...isAuthorizedRightly(heroku, request) ? [] : [`A wrong token authorizes ${where}`],
      ...isDelivery(request)
        ? own.find(`the body of ${where}`, body)
        : search.find(`the body of ${where}`, body),
      ...to === "heroku" && isDelivery(request) &&
          Object.keys(JSON.parse(body)).join() !== configVar
        ? [`${where} writes more than ${configVar}`]
        : [],
    ];
  });
}

/**
 * Kills a Worker, and searches what it wrote, what it stored and what it sent. Gives the first few
 * finds.
 */
export async function findLeaks(worker: WorkerProcess, around: Surroundings): Promise<string[]> {
  await worker.kill();
  const search = createSearch(around);
  return [
    ...search.find("what the Worker wrote", worker.output()),
    ...search.findInFolder(worker.storage),
    ...findOutboundLeaks(around),
  ].slice(0, 20);
}

function isAuthorizedRightly(
  heroku: Surroundings["heroku"],
  { to, method, url, headers }: Outbound,
): boolean {
  const authorization = headers.get("authorization");
  if (to === "hook") return authorization === null;
  const token = authorization?.replace(/^Bearer /, "") ?? "";
  // A rotation asks there whether a token works, a sweep whose the Worker's own is.
  const asks = method === "GET" && url.pathname === "/account";
  return token === heroku.token || (asks && heroku.tokens().includes(token));
}

function isDelivery({ to, method, url }: Outbound): boolean {
  return to === "hook" || (method === "PATCH" && url.pathname.endsWith("/config-vars"));
}
