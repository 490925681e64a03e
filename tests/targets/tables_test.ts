import { assert, assertEquals } from "@std/assert";
import { targets } from "../../lib/targets/registry.ts";
import { store } from "../../lib/targets/store.ts";
import type { BuiltInTargetTable } from "../../lib/targets/tables.ts";

const uuid = "01234567-89ab-4cde-8f01-23456789abcd";
const id = "0".repeat(32);
const gitHub = { repository: "acme/web", name: "X", app: { id: 7, private_key_secret: "APP_KEY" } };

/** One of each kind, with as few members as the types allow. */
const shortest: { [Type in BuiltInTargetTable["type"]]: BuiltInTargetTable & { type: Type } } = {
  "store": { type: "store", reader_key_secret: "READER_KEY" },
  "aws-secrets-manager": {
    type: "aws-secrets-manager",
    region: "eu-central-1",
    secret: "ci/heroku",
  },
  "circleci-context-variable": { type: "circleci-context-variable", context: uuid, name: "X" },
  "circleci-project-variable": {
    type: "circleci-project-variable",
    project: "gh/acme/web",
    name: "X",
  },
  "cloudflare-secrets-store": {
    type: "cloudflare-secrets-store",
    account: id,
    store: id,
    name: "X",
  },
  "cloudflare-worker-secret": {
    type: "cloudflare-worker-secret",
    account: id,
    script: "web",
    name: "X",
  },
  "doppler": { type: "doppler", project: "web", config: "prd", name: "X" },
  "github-actions-secret": {
    type: "github-actions-secret",
    ...gitHub,
    environment: "production",
    base_url: "https://ghe.example/api/v3",
  },
  "github-codespaces-secret": { type: "github-codespaces-secret", ...gitHub },
  "github-dependabot-secret": {
    type: "github-dependabot-secret",
    organization: "acme",
    name: "X",
    visibility: "all",
    base_url: "https://api.github.com",
    token_secret: "GITHUB_TOKEN",
  },
  "gitlab-variable": { type: "gitlab-variable", project: 17, name: "X" },
  "heroku-config-var": { type: "heroku-config-var", app: "acme-web", name: "X" },
  "vault-kv2": {
    type: "vault-kv2",
    base_url: "https://vault.example",
    path: "ci/heroku",
    key: "X",
  },
  "webhook": { type: "webhook", url: "https://hooks.example", signing_secret: "HOOK_KEY" },
};

Deno.test("the types of tables are those of the built-in targets", () => {
  const definitions = [store, ...targets];
  assertEquals(Object.keys(shortest).toSorted(), definitions.map(({ type }) => type).toSorted());
  for (const { type, schema } of definitions) {
    const { type: _, required: __, ...config } = Object.values(shortest)
      .find((table) => table.type === type) ?? { type, required: true };
    const result = schema["~standard"].validate(config);
    assert(!(result instanceof Promise));
    assertEquals(result.issues, undefined, JSON.stringify(result.issues));
  }
});

Deno.test("the types of tables refuse what the schemas refuse", () => {
  const wrong: unknown[] = [
    // @ts-expect-error There is no such type.
    { type: "webhok", url: "https://x.example", signing_secret: "K" } satisfies BuiltInTargetTable,
    // @ts-expect-error The former name of a member.
    { type: "store", reader_key: "READER_KEY" } satisfies BuiltInTargetTable,
    // @ts-expect-error A member is missing.
    { type: "webhook", url: "https://x.example" } satisfies BuiltInTargetTable,
    {
      type: "heroku-config-var",
      app: "a",
      name: "X",
      // @ts-expect-error A member of another kind.
      repository: "a/b",
    } satisfies BuiltInTargetTable,
  ];
  for (const table of wrong) {
    const { type, ...config } = table as BuiltInTargetTable;
    const definition = [store, ...targets].find((each) => each.type === type);
    const result = definition?.schema["~standard"].validate(config);
    assert(!(result instanceof Promise) && (definition === undefined || result?.issues));
  }
});
