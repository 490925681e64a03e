import { assert, assertEquals } from "@std/assert";
import { DAY } from "@std/datetime/constants";
import type { Status } from "../../worker/status.ts";
import { type Fixture, fixtures, type Started } from "../targets/fixtures.ts";
import { keys, startWorker, until } from "./harness.ts";

/** The members that name a secret where the configuration leaves it to the default. */
const members: Readonly<Record<string, string>> = {
  AWS_ACCESS_KEY_ID: "access_key_id_secret",
  AWS_SECRET_ACCESS_KEY: "secret_access_key_secret",
};

/** A target of the Worker's configuration whose secrets no other one shares. */
interface Placed {
  readonly fixture: Fixture;
  readonly started: Started;
  readonly target: Readonly<Record<string, unknown>>;
  readonly secrets: Readonly<Record<string, string>>;
}

async function place(fixture: Fixture, index: number): Promise<Placed> {
  const started = await fixture.start();
  const own = new Map(Object.keys(started.secrets).map((name) => [name, `${name}_${index}`]));
  const json = JSON.stringify(started.config);
  const config = JSON.parse(json, (_key, value) => own.get(value) ?? value);
  for (const [name, renamed] of own) {
    if (!json.includes(`"${name}"`)) config[members[name] ?? "token_secret"] = renamed;
  }
  return {
    fixture,
    started,
    target: { type: fixture.type, ...config },
    secrets: Object.fromEntries(
      Object.entries(started.secrets).map(([name, value]) => [`${name}_${index}`, value]),
    ),
  };
}

Deno.test({
  name: "every target is delivered to and confirmed by a rotation in workerd",
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    // The Worker has one Heroku: worker_test.ts delivers to its config vars.
    const placed = await Promise.all(
      fixtures.filter(({ type }) => type !== "heroku-config-var").map(place),
    );
    await using worker = await startWorker({
      secrets: Object.assign({}, ...placed.map(({ secrets }) => secrets)),
      credentials: () => [
        { name: "ci-deploy", grace: "0s", targets: placed.map(({ target }) => target) },
      ],
    });
    const { heroku } = worker;
    const due = heroku.issue({
      description: "ci-deploy",
      scope: ["write"],
      created_at: heroku.now() - 29 * DAY,
      expires_in: 30 * DAY / 1000,
    });
    for (const { started } of placed) started.put(due.token);
    const beside = placed.map(({ started }) => started.beside());
    await worker.cron();
    await until("the stale one is gone", () => !heroku.accepts(due.token), 60_000);

    const [{ token }] = heroku.live();
    for (const [index, { fixture, started }] of placed.entries()) {
      assertEquals(started.held(), token, `${fixture.name} holds the replacement`);
      assertEquals(started.beside(), beside[index], `${fixture.name} keeps what is beside it`);
    }
    const response = await worker.fetch("/status", {
      headers: { authorization: `Bearer ${keys.page}` },
    });
    const { credentials: [credential] } = await response.json() as Status;
    assertEquals(
      credential.targets.map(({ type, proof }) => [type, proof?.kind]),
      placed.map(({ fixture }) => [fixture.type, fixture.proof]),
    );
    const logs = worker.logs().join("\n");
    for (const secret of [token, ...placed.flatMap(({ secrets }) => Object.values(secrets))]) {
      assert(!logs.includes(secret), "no secret is in the log");
    }
    await Promise.all(placed.map(({ started }) => started.service.close()));
  },
});
