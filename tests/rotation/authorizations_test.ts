import { assertEquals, assertRejects } from "@std/assert";
import { createClient } from "../../lib/heroku/client.ts";
import { ServerError } from "../../lib/heroku/errors.ts";
import { deleteAuthorization, findAuthorization } from "../../lib/rotation/authorizations.ts";
import { createFakeHeroku, type Faults } from "../../lib/testing/mod.ts";

function start(
  { faults = false, defaultKey = false }: { faults?: Faults; defaultKey?: boolean } = {},
) {
  const heroku = createFakeHeroku({ faults, defaultKey });
  const { fetch, token } = heroku;
  return {
    heroku,
    client: createClient({ fetch, token, retries: 1, sleep: () => Promise.resolve() }),
  };
}

Deno.test("findAuthorization() gives the authorization, and undefined for one that is gone", async () => {
  const { heroku, client } = start();
  const { id } = heroku.issue({ description: "ci" });
  assertEquals((await findAuthorization(client, id))?.description, "ci");
  heroku.revoke(id);
  assertEquals(await findAuthorization(client, id), undefined);
});

Deno.test("findAuthorization() gives the account's default one for '~', and undefined where there is none", async () => {
  const { heroku, client } = start({ defaultKey: true });
  assertEquals((await findAuthorization(client, "~"))?.id, heroku.live()[0].id);
  assertEquals(await findAuthorization(start().client, "~"), undefined);
});

Deno.test("deleteAuthorization() takes one that is already gone for deleted", async () => {
  const { heroku, client } = start();
  const { id } = heroku.issue();
  await deleteAuthorization(client, id);
  await deleteAuthorization(client, id);
  assertEquals(heroku.live(), []);
});

Deno.test("deleteAuthorization() takes one for deleted whose first answer was lost", async () => {
  const { heroku, client } = start({ faults: ({ number }) => number === 1 ? "lose" : undefined });
  await deleteAuthorization(client, heroku.issue().id);
  assertEquals([heroku.live(), heroku.calls], [[], 2]);
});

Deno.test("findAuthorization() and deleteAuthorization() take a failing Heroku for no answer", async () => {
  const { heroku, client } = start({ faults: () => "500" });
  const { id } = heroku.issue();
  await assertRejects(() => findAuthorization(client, id), ServerError);
  await assertRejects(() => deleteAuthorization(client, id), ServerError);
  assertEquals(heroku.live().length, 1);
});
