/**
 * How fast the client is next to others, on a server of this machine. Only the ratios within one run
 * say anything.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { createFetchPeers, createPeers, HEROTATE, type Peer } from "./peers.ts";
import { startServer } from "./start_server.ts";

const AUTHORIZATIONS = 5000;
const PARALLEL = 200;
const WARM_UP = 200;

const server = await startServer(AUTHORIZATIONS);
const peers = createPeers(server);
const attributes = { description: "bench", scope: ["read"] };

function idOf(record: unknown): string {
  if (typeof record === "object" && record !== null && "id" in record) return String(record.id);
  throw new Error("Cannot measure because the answer is no authorization");
}

async function createAndDelete(peer: Peer): Promise<string> {
  const id = idOf(await peer.create(attributes));
  assertEquals(idOf(await peer.delete(id)), id);
  return id;
}

/** A client that does less than the others would win for it. */
async function checkPeer(peer: Peer): Promise<void> {
  const [id] = server.ids;
  assertEquals(idOf(await peer.info(id)), id, peer.name);
  await createAndDelete(peer);
  const all = await peer.list();
  const listed = Array.isArray(all) ? all.map(idOf) : [];
  assertEquals(listed.toSorted(), server.ids.toSorted(), peer.name);
}

for (const peer of peers) await checkPeer(peer);
// Otherwise the first one measured would pay for everybody's warm-up, the server's included.
for (let round = 0; round < WARM_UP; round++) {
  for (const peer of peers) await createAndDelete(peer);
}

function compare(
  group: string,
  compared: readonly Peer[],
  work: (peer: Peer) => PromiseLike<unknown>,
): void {
  for (const peer of compared) {
    Deno.bench({
      name: peer.name,
      group,
      baseline: peer.name === HEROTATE,
      fn: async () => {
        await work(peer);
      },
    });
  }
}

const [id] = server.ids;
const some = server.ids.slice(0, PARALLEL);

compare("info, one call", peers, (peer) => peer.info(id));
compare("create and delete", peers, createAndDelete);
compare(
  `list of ${AUTHORIZATIONS} authorizations on ${AUTHORIZATIONS / 1000} pages`,
  peers,
  (peer) => peer.list(),
);
compare(
  `info, ${PARALLEL} calls in parallel`,
  peers,
  (peer) => Promise.all(some.map((each) => peer.info(each))),
);

const { headers, body } = await (async () => {
  const response = await fetch(`${server.url}/oauth/authorizations/${id}`, {
    headers: {
      Accept: "application/vnd.heroku+json; version=3",
      Authorization: `Bearer ${server.token}`,
    },
  });
  return { headers: [...response.headers], body: await response.text() };
})();
compare(
  "info without a network: the client's own work",
  createFetchPeers({
    ...server,
    fetch: () => Promise.resolve(new Response(body, { headers })),
  }),
  (peer) => peer.info(id),
);
