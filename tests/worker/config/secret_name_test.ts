import { assert, assertEquals } from "@std/assert";
import * as v from "valibot";
import { targets as definitions } from "../../../lib/targets/registry.ts";
import { store } from "../../../lib/targets/store.ts";
import type { TargetDefinition } from "../../../lib/targets/target.ts";
import { parseConfiguration } from "../../../worker/config/configuration.ts";
import { isSecretName } from "../../../worker/config/secret_name.ts";
import { canary, createEnv, type Env } from "../sample.ts";
import {
  checkMistakes,
  gitHub,
  hook,
  parse,
  reader,
  type Row,
  withMembers,
  withTarget,
} from "./one_mistake.ts";

Deno.test("a wrong name of a secret is refused, and what may be the secret itself not repeated", () => {
  const token = "CREDENTIALS[0] (ci).targets[0].token_secret";
  checkMistakes([
    [
      withTarget({ token_secret: "GITHUB_TOKN" }),
      "GITHUB_TOKN",
      "(did you mean 'GITHUB_TOKEN', which is",
    ],
    [
      {
        ...withMembers({ targets: [hook("HOOK_A"), hook("HOOK_B")] }),
        HOOK_A: canary,
      },
      "HOOK_B",
      "Is not set: run `wrangler secret put HOOK_B`",
    ],
    [
      withTarget({ token_secret: "github_token" }),
      token,
      "(did you mean 'GITHUB_TOKEN', which is set?)",
    ],
    [withTarget({ token_secret: `ghp_${canary}abcdefghijk` }), token, "revoke it"],
    [
      withTarget({ token_secret: `glpat-${canary}-0123456789` }),
      token,
      "revoke it",
    ],
    [
      withTarget({ token_secret: "my_token" }, { my_token: `${canary}\n` }),
      "my_token",
      "Begins or ends with a space or a line break: copy it without that, and run `wrangler secret put my_t",
    ],
    [
      withTarget({ token_secret: "" }),
      token,
      "Must be the name of the Worker secret",
    ],
    [
      withTarget({ token_secret: "CREDENTIALS" }),
      token,
      "Must name a Worker secret, and 'CREDENTIALS'",
    ],
  ]);
});

Deno.test("a secret that is pasted in the place of its name is not repeated, whatever it looks like", () => {
  const target = "CREDENTIALS[0] (ci).targets[0]";
  const values = [
    `ghp_${canary}abcdefghijklmnop`,
    "AKIA0CANARY7ABCDEFGH",
    "JBSWY3CANARY7XPJBSW3",
    "c0ffee00CANARY7c0ffee00CANARY7aa",
    `whsec_${canary}+abcdefgh/ijkl=`,
    `HRKU-AA${canary}-0123456789`,
    `-----BEGIN RSA PRIVATE KEY-----\n${canary}\n`,
    "01234567-89ab-4cde-8f01-CANARY723456",
  ];
  const aws = { type: "aws-secrets-manager", region: "eu-central-1", secret: "s" };
  const keys = { AWS_ACCESS_KEY_ID: "AKIA", AWS_SECRET_ACCESS_KEY: "x" };
  const withAws = (member: Env) => ({
    ...withMembers({ targets: [{ ...aws, ...member }] }),
    ...keys,
  });
  for (const value of values) {
    checkMistakes([
      [withTarget({ token_secret: value }), `${target}.token_secret`, "revoke it"],
      [
        withTarget({ app: { id: 7, private_key_secret: value } }),
        `${target}.app.private_key_secret`,
        "revoke it",
      ],
      [withMembers({ targets: [reader(value)] }), `${target}.reader_key_secret`, "revoke it"],
      [
        withMembers({ targets: [{ ...hook("a"), signing_secret: value }] }),
        `${target}.signing_secret`,
        "revoke it",
      ],
      [withAws({ access_key_id_secret: value }), `${target}.access_key_id_secret`, "revoke it"],
      [
        withAws({ secret_access_key_secret: value }),
        `${target}.secret_access_key_secret`,
        "revoke it",
      ],
    ]);
  }
});

Deno.test("a secret that is not set is looked for in the member that names it, and in no other", () => {
  const own: TargetDefinition<unknown> = {
    type: "own",
    proof: "existence",
    schema: v.looseObject({}),
    place: () => "own",
    secrets: (config) => Object.values(v.parse(v.object({ key: v.string() }), config)),
    create: () => {
      throw new Error("Not made here");
    },
  };
  const target = "CREDENTIALS[0] (ci).targets[0]";
  const table: readonly (readonly [target: Env, path: string])[] = [
    [{ ...gitHub, token_secret: "NOWHERE" }, "NOWHERE"],
    [
      { type: "doppler", project: "a", config: "b", name: "DOPPLER_X", token_secret: "x_y" },
      `${target}.token_secret`,
    ],
    [{ type: "own", name: "nowhere", key: `sk_live_${canary}` }, `${target}.key`],
    [{ type: "own", name: "NOWHERE", key: "NOWHERE" }, "NOWHERE"],
  ];
  for (const [given, path] of table) {
    const env = withMembers({ targets: [given] });
    const result = parseConfiguration(env, [...definitions, own], { fetch, now: Date.now });
    assert(!result.ok);
    assertEquals(result.mistakes.map((one) => one.path), [path], JSON.stringify(result));
    assert(!JSON.stringify(result.mistakes).includes(canary));
  }
  const named = { type: "heroku-config-var", app: "acme-web", name: "HEROKU_API_TOKEN" };
  checkMistakes([[
    { ...withMembers({ targets: [named] }), HEROKU_API_TOKEN: "" },
    "HEROKU_API_TOKEN",
    "(needed by CREDENTIALS[0] (ci).targets[0])",
  ]]);
});

Deno.test("a token in any other place than a secret's is not repeated", () => {
  const target = "CREDENTIALS[0] (ci).targets[0]";
  for (
    const token of [
      `ghp_${canary}abcdefghijklmnop`,
      `glpat-${canary}abcdefghijkl`,
      `dp.st.${canary}abcdefghijkl`,
      `hvs.${canary}abcdefghijkl`,
      "AKIA0CANARY7ABCDEFGH",
    ]
  ) {
    checkMistakes([
      [withTarget({ type: token }), `${target}.type`, "is not known: the types are"],
      [
        withTarget({ [token]: 1 }),
        `${target}${/\./.test(token) ? '["[redacted]"]' : ".[redacted]"}`,
        "Is not known",
      ],
    ]);
  }
  const env = withMembers({ name: "global-deployments-of-acme", scope: 7 });
  checkMistakes([[env, "CREDENTIALS[0] (global-deployments-of-acme).scope", "Must be an array"]]);
});

Deno.test("a member under a former name is refused with the present one, and once", () => {
  const target = "CREDENTIALS[0] (ci).targets[0]";
  const aws = { type: "aws-secrets-manager", region: "eu-central-1", secret: "s" };
  const gitHubApp = { ...gitHub, app: { id: 7, private_key: "APP_KEY" } };
  const webhook = { type: "webhook", url: "https://hooks.example" };
  const table: readonly (readonly [target: Env, path: string, present: string])[] = [
    [{ ...gitHub, token: "GITHUB_TOKEN" }, "token", "token_secret"],
    [gitHubApp, "app.private_key", "private_key_secret"],
    [{ type: "store", reader_key: "READER_KEY" }, "reader_key", "reader_key_secret"],
    [{ ...webhook, secret: "WEBHOOK_KEY" }, "secret", "signing_secret"],
    [{ ...webhook, signing: "WEBHOOK_KEY" }, "signing", "signing_secret"],
    [{ ...aws, access_key_id: "KEY_ID" }, "access_key_id", "access_key_id_secret"],
    [{ ...aws, secret_access_key: "KEY" }, "secret_access_key", "secret_access_key_secret"],
  ];
  const keys = { AWS_ACCESS_KEY_ID: "AKIA", AWS_SECRET_ACCESS_KEY: "x" };
  checkMistakes(table.map(([given, path, present]): Row => [
    { ...withMembers({ targets: [given] }), ...keys },
    `${target}.${path}`,
    `Is called '${present}', which takes the name of a Worker secret and never its value: rename it`,
  ]));
  checkMistakes([
    [
      withTarget({ token: `ghp_${canary}abcdefghijk` }),
      `${target}.token`,
      "rename it, and if what",
    ],
    [withTarget({ token: "AKIA0CANARY7ABCDEFGH" }), `${target}.token`, "revoke it"],
  ]);
  const [named] = table;
  const result = parse(withMembers({ targets: [named[0]] }));
  assert(!result.ok && !JSON.stringify(result.mistakes).includes("revoke"));
});

Deno.test("every built-in member that names a Worker secret ends in '_secret'", () => {
  const names: string[] = [];
  const follow = (schema: unknown, path: readonly string[]): void => {
    if (typeof schema !== "object" || schema === null) return;
    for (const [key, member] of Object.entries(schema)) {
      if (key === "entries") {
        for (const [name, entry] of Object.entries(member)) follow(entry, [...path, name]);
      } else if (key === "wrapped" || key === "pipe" || /^\d+$/.test(key)) follow(member, path);
      else if (key === "message" && /^Must be the name of the Worker secret/.test(String(member))) {
        names.push(path.join("."));
      }
    }
  };
  for (const { schema } of [store, ...definitions]) follow(schema, []);
  assert(names.length >= 15, names.join());
  for (const name of names) assert(name.endsWith("_secret"), name);
});

for (const name of ["GITHUB_TOKEN", "A", "CI2", "AWS_SECRET_ACCESS_KEY", "TOKEN_FOR_2026"]) {
  Deno.test(`isSecretName() takes ${name} for the name of a secret`, () => {
    assert(isSecretName(name));
  });
}

const pasted = [
  "AKIA0CANARY7ABCDEFGH",
  "MFRGG2DFMZTWQ2LKNNWG23TPOA7Q",
  "ghp_0CANARY7abcdefghijklmnopqrstuvwxyz12",
  "HRKU-AA0CANARY7abcdefghijklmnop",
  "hvs.0CANARY7abcdefghijklmn",
];

for (const secret of pasted) {
  Deno.test(`isSecretName() takes ${secret.slice(0, 6)}… for no name`, () => {
    assertEquals(isSecretName(secret), false);
  });

  for (const member of ["token_secret", "token", "type", "repository", "name"]) {
    Deno.test(`parseConfiguration() repeats nothing of ${secret.slice(0, 6)}… that was pasted as '${member}'`, () => {
      const target = { type: "github-actions-secret", repository: "acme/web", name: "K" };
      const result = parseConfiguration(
        createEnv({
          CREDENTIALS: [{ name: "ci", targets: [{ ...target, [member]: secret }] }],
        }),
        definitions,
        { fetch, now: Date.now },
      );
      assert(!JSON.stringify(result.ok ? [] : result.mistakes).includes(secret));
    });
  }
}
