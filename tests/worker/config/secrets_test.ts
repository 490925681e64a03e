import { assert, assertEquals } from "@std/assert";
import { canary, createEnv, createTable, type Env, keys } from "../sample.ts";
import {
  checkMistakes,
  gitHub,
  parse,
  reader,
  type Row,
  withMembers,
  withTarget,
} from "./one_mistake.ts";

Deno.test("a secret that no header can carry is refused by its name, whatever it is for", () => {
  const token = `ghp_${canary}`;
  const table: readonly (readonly [string, string])[] = [
    [`${token}\n${token}`, "Has a line break inside"],
    [`\u201c${token}\u201d`, "Has curly quotes"],
    [`\ufeff${token}`, "Has a byte order mark"],
    [`${token}\u200b`, "Has an invisible character"],
    [`${token}\u00e9`, "Has a character beyond ASCII"],
    [`${token}\u0007`, "Has a control character"],
    [`${token}\n`, "Begins or ends with a space or a line break"],
    [` ${token}`, "Begins or ends with a space or a line break"],
    [`"${token}"`, "Is wrapped in quotes"],
    [`'${token}'`, "Is wrapped in quotes"],
    [`Bearer ${token}`, "Begins with the name of an authentication scheme"],
  ];
  for (const [value, says] of table) {
    checkMistakes([
      [withTarget({}, { GITHUB_TOKEN: value }), "GITHUB_TOKEN", says],
      [createEnv({ HEROKU_API_TOKEN: value }), "HEROKU_API_TOKEN", says],
      [createEnv({ PAGE_KEY: value }), "PAGE_KEY", says],
      [
        { ...withMembers({ targets: [reader("READER_KEY")] }), READER_KEY: value },
        "READER_KEY",
        says,
      ],
    ]);
  }
});

Deno.test("a secret that was set by mistake is refused with what to copy", () => {
  const row = (GITHUB_TOKEN: unknown, says: string): Row => [
    withTarget({}, { GITHUB_TOKEN }),
    "GITHUB_TOKEN",
    says,
  ];
  checkMistakes([
    row(undefined, "Is not set: run `wrangler secret put GITHUB_TOKEN`"),
    row("", "Is not set"),
    row("  ", "Must not be empty: run"),
    row(7, "Is not set as text"),
    row("$GITHUB_TOKEN", "Is the name of a variable in a shell"),
    row("${TOKEN}", "Is the name of a variable in a shell"),
    row("<token>", "Is a placeholder"),
    row(`-----BEGIN PRIVATE KEY-----\n${canary}\n`, "Is a key or a certificate in PEM"),
    row(`{\n"token": "${canary}"\n}\n`, "Is JSON"),
    row(`https://github.com/settings/tokens/${canary}`, "Is an address"),
    row("GITHUB_TOKEN", "Is its own name"),
    row(`GITHUB_TOKEN=${canary}`, "Begins with its own name and '='"),
    row(`export GITHUB_TOKEN=${canary}`, "Begins with its own name and '='"),
    [
      createEnv({ PAGE_KEY: undefined }),
      "PAGE_KEY",
      "Is not set: make one with `openssl rand -hex",
    ],
    [createEnv({ SEALING_KEY: "short" }), "SEALING_KEY", "make one with `openssl rand -base64 32`"],
    [createEnv({ PAGE_KEY: 1234567890123456 }), "PAGE_KEY", "Is not set as text"],
  ]);
});

Deno.test("a token that another service made by its look is refused, and sent nowhere", () => {
  const says = (name: string) => `Looks like a token for ${name}`;
  checkMistakes([
    [withTarget({}, { GITHUB_TOKEN: `HRKU-AA${canary}` }), "GITHUB_TOKEN", says("Heroku")],
    [withTarget({}, { GITHUB_TOKEN: `glpat-${canary}` }), "GITHUB_TOKEN", says("GitLab")],
    [createEnv({ HEROKU_API_TOKEN: `ghp_${canary}` }), "HEROKU_API_TOKEN", says("GitHub")],
    [createEnv({ PAGE_KEY: `HRKU-AA${canary}-0123456789` }), "PAGE_KEY", says("Heroku")],
    [
      {
        ...withMembers({ targets: [reader("READER_KEY")] }),
        READER_KEY: `hvs.${canary}0123456789`,
      },
      "READER_KEY",
      says("Vault"),
    ],
  ]);
  const vault = { type: "vault-kv2", base_url: "https://vault.example", path: "ci", key: "KEY" };
  const own: readonly (readonly [Env, string, string])[] = [
    [gitHub, "GITHUB_TOKEN", `github_pat_${canary}`],
    [vault, "VAULT_TOKEN", `hvs.${canary}`],
    [
      { type: "doppler", project: "a", config: "b", name: "K" },
      "DOPPLER_TOKEN",
      `dp.st.b.${canary}`,
    ],
  ];
  for (const [target, name, value] of own) {
    const result = parse({ ...withMembers({ targets: [target] }), [name]: value });
    assert(result.ok, JSON.stringify(result));
  }
});

Deno.test("a key that only signs may hold any character", () => {
  const pem = "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n";
  const app = { id: 7, private_key_secret: "APP_KEY" };
  const aws = { type: "aws-secrets-manager", region: "eu-central-1", secret: "s" };
  const hook = { type: "webhook", url: "https://hooks.example", signing_secret: "WEBHOOK_KEY" };
  for (
    const env of [
      { ...withTarget({ app }), APP_KEY: pem },
      { ...withMembers({ targets: [hook] }), WEBHOOK_KEY: "\u00fcber \u201cgeheim\u201d\n" },
      {
        ...withMembers({ targets: [aws] }),
        AWS_ACCESS_KEY_ID: "AKIA",
        AWS_SECRET_ACCESS_KEY: "a\u00e9",
      },
    ]
  ) {
    assertEquals(parse(env).ok, true, JSON.stringify(parse(env)));
  }
  checkMistakes([[
    {
      ...withMembers({ targets: [aws] }),
      AWS_ACCESS_KEY_ID: "AKIA\u00e9",
      AWS_SECRET_ACCESS_KEY: "a",
    },
    "AWS_ACCESS_KEY_ID",
    "beyond ASCII",
  ]]);
});

Deno.test("HEROKU_API_TOKEN is for the Worker and for config vars only", () => {
  const target = "CREDENTIALS[0] (ci).targets[0]";
  const hook = {
    type: "webhook",
    url: "https://hooks.example",
    signing_secret: "HEROKU_API_TOKEN",
  };
  const says = "Must not use the Worker secret 'HEROKU_API_TOKEN'";
  checkMistakes([
    [withTarget({ token_secret: "HEROKU_API_TOKEN" }), `${target}.token_secret`, says],
    [withMembers({ targets: [hook] }), `${target}.signing_secret`, says],
    [
      { ...withMembers({ targets: [reader("HEROKU_API_TOKEN")] }), HEROKU_API_TOKEN: keys.other },
      `${target}.reader_key_secret`,
      says,
    ],
  ]);
  assert(parse(createEnv()).ok);
});

Deno.test("two secrets of one value are refused where they open different doors", () => {
  const stores = [
    createTable("a", { targets: [reader("READER_KEY")] }),
    createTable("b", { targets: [reader("OTHER_READER_KEY")] }),
  ];
  const hook = (name: string) => ({
    type: "webhook",
    url: `https://${name}.example`,
    signing_secret: name,
  });
  const sealing = btoa(`${canary}x`.padEnd(32, "0"));
  checkMistakes([
    [
      createEnv({ CREDENTIALS: stores, OTHER_READER_KEY: keys.reader }),
      "OTHER_READER_KEY",
      "Must have another value than READER_KEY, which lets readers have the token of 'a'",
    ],
    [
      createEnv({ CREDENTIALS: stores, READER_KEY: keys.page }),
      "READER_KEY",
      "Must have another value than PAGE_KEY, which opens the page",
    ],
    [createEnv({ PAGE_KEY: sealing, SEALING_KEY: sealing }), "PAGE_KEY", "than SEALING_KEY"],
    [
      createEnv({ PAGE_KEY: sealing.replace("=", ""), SEALING_KEY: `${sealing}\n` }),
      "PAGE_KEY",
      "than SEALING_KEY",
    ],
    [createEnv({ PAGE_KEY: keys.page, HEROKU_API_TOKEN: keys.page }), "PAGE_KEY", "HEROKU_API"],
    [withTarget({}, { GITHUB_TOKEN: keys.page }), "GITHUB_TOKEN", "than PAGE_KEY"],
    [
      {
        ...withMembers({
          targets: [gitHub, { type: "gitlab-variable", project: "a/b", name: "K" }],
        }),
        GITHUB_TOKEN: `gh-${canary}`,
        GITLAB_TOKEN: `gh-${canary}`,
      },
      "GITLAB_TOKEN",
      "than GITHUB_TOKEN, which is used by CREDENTIALS[0] (ci).targets[0]",
    ],
    [
      {
        ...withMembers({ targets: [hook("HOOK_A"), hook("HOOK_B")] }),
        HOOK_A: canary,
        HOOK_B: canary,
      },
      "HOOK_B",
      "than HOOK_A",
    ],
    [
      {
        ...withMembers({
          targets: [{ type: "aws-secrets-manager", region: "eu-central-1", secret: "s" }],
        }),
        AWS_ACCESS_KEY_ID: canary,
        AWS_SECRET_ACCESS_KEY: canary,
      },
      "AWS_SECRET_ACCESS_KEY",
      "than AWS_ACCESS_KEY_ID",
    ],
    [
      {
        ...withMembers({ targets: [gitHub, reader("GITHUB_TOKEN")] }),
        GITHUB_TOKEN: `ghp_${canary}_0123456789`,
      },
      "CREDENTIALS[0] (ci).targets[1].reader_key_secret",
      "Must have a secret of its own",
    ],
  ]);
});

Deno.test("two secrets of one value are taken where they open the same door", () => {
  const other = { ...gitHub, repository: "acme/api", token_secret: "API_GITHUB_TOKEN" };
  const env = withMembers({ targets: [gitHub, other] });
  assert(parse({ ...env, GITHUB_TOKEN: canary, API_GITHUB_TOKEN: canary }).ok);
  const shared = { targets: [reader("READER_KEY")] };
  assert(
    parse(createEnv({ CREDENTIALS: [createTable("a", shared), createTable("b", shared)] })).ok,
  );
});
