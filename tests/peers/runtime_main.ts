/**
 * What `runtimes.ts` has each runtime run: every entry that is meant for servers, on real HTTP. It prints
 * what came of it as JSON.
 *
 * @module
 */
import { createClient } from "../../mod.ts";
import Heroku from "../../lib/heroku/heroku_client.ts";
import { targets } from "../../lib/targets/mod.ts";
import { createFakeHeroku, createMemoryWorkflows } from "../../lib/testing/mod.ts";
import { verifyWebhook } from "../../lib/webhook.ts";
import type { Delivery, Receipt } from "../../lib/targets/target.ts";

/** What it is given. */
export interface RuntimeInput {
  readonly heroku: { readonly url: string; readonly token: string };
  readonly github: {
    readonly url: string;
    readonly id: string;
    readonly installation: number;
    readonly privateKey: string;
  };
  readonly repository: string;
  readonly token: string;
}

/** What it prints. */
export interface RuntimeOutput {
  /** The descriptions that the client lists after its create, and the shim after the client's delete. */
  readonly listed: readonly (readonly string[])[];
  /** The proofs of a secret at GitHub and of a receiver of webhooks. */
  readonly proofs: readonly string[];
  /** What a run in memory gave. */
  readonly ran: unknown;
  /** How many authorizations a fake Heroku within the process lists. */
  readonly faked: number;
}

const SECRET = "a-secret-for-signatures";

/** Delivers to a target of the registry, and confirms it. */
async function deliver(
  type: string,
  table: Record<string, unknown>,
  delivery: Delivery,
  secrets: Record<string, string>,
  fetch: typeof globalThis.fetch = globalThis.fetch,
): Promise<string> {
  const definition = targets.find((each) => each.type === type);
  const checked = await definition?.schema["~standard"].validate(table);
  if (!definition || !checked || checked.issues) {
    throw new Error(`The table of '${type}' is not accepted: ${JSON.stringify(checked)}`);
  }
  const target = definition.create(checked.value, {
    fetch,
    now: Date.now,
    secret: (name) => secrets[name],
  });
  const receipt: Receipt = await target.deliver(delivery, {});
  return (await target.confirm(delivery, receipt, {})).kind;
}

async function run({ heroku, github, repository, token }: RuntimeInput): Promise<RuntimeOutput> {
  const client = createClient({ token: heroku.token, baseUrl: heroku.url });
  const made = await client.create({ description: "ci", scope: ["read"], expires_in: 3600 });
  const after = (await client.list()).map(({ description }) => description ?? "");
  await client.delete(made.id);
  const shim = new Heroku({ token: heroku.token, host: heroku.url });
  const left = await shim.oauth().authorizations().list();

  const delivery: Delivery = {
    credential: "ci",
    generation: 1,
    authorization: made.id,
    token,
    createdAt: new Date().toISOString(),
    expiresAt: null,
    idempotencyKey: "a-key",
  };
  const toGitHub = await deliver(
    "github-actions-secret",
    {
      repository,
      name: "HEROKU_API_KEY",
      base_url: github.url,
      app: { id: github.id, installation: github.installation, private_key_secret: "KEY" },
    },
    delivery,
    { KEY: github.privateKey },
  );
  const toReceiver = await deliver(
    "webhook",
    { url: "https://receiver.example/heroku", signing_secret: "HOOK" },
    delivery,
    { HOOK: SECRET },
    async (input, init) => {
      const verified = await verifyWebhook(new Request(input, init), SECRET);
      return verified.valid
        ? Response.json({ fingerprint: verified.delivery.fingerprint })
        : new Response(verified.reason, { status: 401 });
    },
  );

  const workflows = createMemoryWorkflows<string>({
    now: Date.now,
    run: (step, params) =>
      step.do(
        "greet",
        { retries: { limit: 0, delay: 0, backoff: "constant" }, timeout: 1000 },
        () => Promise.resolve(`Hello, ${params}`),
      ),
  });
  workflows.start([{ id: "one", params: "world" }]);
  await workflows.settle();

  const fake = createFakeHeroku({ faults: false });
  fake.issue({ description: "ci", scope: ["read"] });
  const within = createClient({
    token: fake.token,
    fetch: (input, init) => fake.handler(new Request(input, init)),
  });
  return {
    listed: [after, left.map(({ description }) => description ?? "")],
    proofs: [toGitHub, toReceiver],
    ran: JSON.parse(workflows.runs[0].output ?? "null"),
    faked: (await within.list()).length,
  };
}

const [, , input] = process.argv;
console.log(JSON.stringify(await run(JSON.parse(input))));
