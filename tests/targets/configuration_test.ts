import { assert, assertEquals } from "@std/assert";
import { targets } from "../../lib/targets/registry.ts";

const ID = "0123456789abcdef0123456789abcdef";
const ARN = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:ci/heroku";
const UUID = "a5ab0a3b-3ea5-4a0e-a0f5-0b4f4c2f7a11";

/** A configuration of each type that is as short as it can be. */
const shortest: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "aws-secrets-manager": { region: "eu-central-1", secret: "ci/heroku" },
  "circleci-context-variable": { context: UUID, name: "X" },
  "circleci-project-variable": { project: "gh/acme/web", name: "X" },
  "cloudflare-secrets-store": { account: ID, store: ID, name: "X" },
  "cloudflare-worker-secret": { account: ID, script: "acme-web", name: "X" },
  "doppler": { project: "web", config: "prd", name: "X" },
  "github-actions-secret": { repository: "acme/web", name: "X" },
  "github-codespaces-secret": { organization: "acme", name: "X" },
  "github-dependabot-secret": { repository: "acme/web", name: "X" },
  "gitlab-variable": { project: "acme/web", name: "X" },
  "heroku-config-var": { app: "acme-web", name: "X" },
  "vault-kv2": { base_url: "https://vault.example.com:8200", path: "ci/heroku", key: "X" },
  "webhook": { url: "https://example.com/tokens", signing_secret: "WEBHOOK_SECRET" },
};

function validate(type: string, config: unknown): string[] {
  const definition = targets.find((known) => known.type === type);
  assert(definition);
  const result = definition.schema["~standard"].validate(config);
  assert(!(result instanceof Promise));
  return (result.issues ?? []).map(({ path = [], message }) => {
    const keys = path.map((part) => typeof part === "object" ? part.key : part);
    return `${keys.join(".")}: ${message}`;
  });
}

for (const { type } of targets) {
  const config = shortest[type];

  Deno.test(`The configuration of ${type} takes the shortest form`, () => {
    assertEquals(validate(type, config), []);
  });

  Deno.test(`The configuration of ${type} has no unknown members`, () => {
    const [issue, ...more] = validate(type, { ...config, tokn: "X" });
    assert(/^tokn: Is not known: the members are .+/.test(issue), issue);
    assertEquals(more, []);
  });

  for (const member of Object.keys(config)) {
    Deno.test(`The configuration of ${type} says the form of a missing '${member}'`, () => {
      const { [member]: _, ...rest } = config;
      const [issue] = validate(type, rest);
      assert(/Is missing: must be |Must have either/.test(issue), issue);
    });

    Deno.test(`The configuration of ${type} says the form of a wrong '${member}'`, () => {
      for (const wrong of ["", " ", "../../x y", "a\nb", true, null, {}, -1, "x".repeat(3000)]) {
        const issues = validate(type, { ...config, [member]: wrong });
        assert(issues.length > 0, `'${member}' took ${JSON.stringify(wrong)}`);
        assert(issues.every((issue) => issue.startsWith(`${member}: Must be `)), issues.join("\n"));
      }
    });
  }

  Deno.test(`The configuration of ${type} is a table`, () => {
    for (const wrong of [undefined, null, "x", 5]) {
      assertEquals(validate(type, wrong), [": Must be a table"]);
    }
  });
}

for (
  const [type, more, expected] of [
    ["github-actions-secret", { organization: "acme" }, ": Must have either 'repository' or"],
    ["github-actions-secret", { environment: ".." }, "environment: Must be"],
    [
      "github-actions-secret",
      { visibility: "all" },
      ": Must be 'all', 'private' or 'selected', and",
    ],
    ["github-actions-secret", { name: "GITHUB_X" }, "name: Must be"],
    ["github-actions-secret", { name: "1X" }, "name: Must be"],
    ["github-actions-secret", { repository: "acme/.." }, "repository: Must be"],
    ["github-actions-secret", { repository: "acme/web.git" }, "repository: Must be"],
    ["github-actions-secret", { repository: "acme/web.GIT" }, "repository: Must be"],
    ["github-actions-secret", { repository: "octocat.acme/web" }, "repository: Must be"],
    ["github-actions-secret", { base_url: "https://api.github.com?x=1" }, "base_url: Must be"],
    [
      "github-actions-secret",
      { token_secret: "T", app: { id: 1, private_key_secret: "K" } },
      ": Must have either 'token_secret'",
    ],
    ["github-actions-secret", { app: { id: 1 } }, "app.private_key_secret: Is missing: must be"],
    ["github-actions-secret", { app: { id: 1.5, private_key_secret: "K" } }, "app.id: Must be"],
    ["github-actions-secret", { app: { id: "a/b", private_key_secret: "K" } }, "app.id: Must be"],
    ["github-actions-secret", { app: "x" }, "app: Must be a table"],
    ["github-dependabot-secret", { environment: "prod" }, "environment: Must not be given"],
    ["gitlab-variable", { group: 5 }, ": Must have either 'project' or 'group'"],
    ["gitlab-variable", { masked: "yes" }, "masked: Must be true or false"],
    ["gitlab-variable", { project: "acme/../x" }, "project: Must be"],
    ["gitlab-variable", { project: "acme/." }, "project: Must be"],
    ["circleci-project-variable", { project: "gh/acme/.." }, "project: Must be"],
    ["circleci-project-variable", { project: "gh/./web" }, "project: Must be"],
    ["doppler", { name: "DOPPLER_CONFIG" }, "name: Must be"],
    ["vault-kv2", { path: "a//b" }, "path: Must be"],
    ["vault-kv2", { path: "/a" }, "path: Must be"],
    ["vault-kv2", { mount: "a/../b" }, "mount: Must be"],
    [
      "aws-secrets-manager",
      { secret: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:ci/heroku-a1b2c3" },
      "secret: Must be in the region",
    ],
    ["doppler", { name: "lower" }, "name: Must be"],
    ["webhook", { url: "http://example.com" }, "url: Must be an https URL"],
    ["webhook", { url: "https://user@example.com" }, "url: Must be an https URL"],
    ["webhook", { url: "https://:pass@example.com" }, "url: Must be an https URL"],
    ["webhook", { url: "ftp://example.com" }, "url: Must be an https URL"],
    ["webhook", { url: "http://127.0.0.1.example.com" }, "url: Must be an https URL"],
  ] as const
) {
  Deno.test(`The configuration of ${type} refuses ${JSON.stringify(more)}`, () => {
    const issues = validate(type, { ...shortest[type], ...more });
    assert(issues.length === 1 && issues[0].startsWith(expected), issues.join("\n"));
  });
}

for (
  const [type, more] of [
    ["webhook", { url: "http://localhost:8787/x" }],
    ["webhook", { url: "http://127.0.0.1:8787/x?y=z" }],
    ["webhook", { url: "http://[::1]:8787" }],
    ["github-actions-secret", {
      app: { id: "Iv23liAbCdEf", private_key_secret: "K", installation: 5 },
    }],
    ["github-actions-secret", { environment: "blue/green é" }],
    ["github-actions-secret", { repository: "a-b/.github" }],
    ["github-actions-secret", { repository: "octocat_acme/web" }],
    ["github-dependabot-secret", { repository: "octocat_acme/.github" }],
    ["github-codespaces-secret", { organization: "acme_x" }],
    ["github-actions-secret", { repository: "-/-" }],
    ["gitlab-variable", { project: 17, environment_scope: "review/*" }],
    ["gitlab-variable", { project: "acme/.profile" }],
    ["heroku-config-var", { app: UUID }],
    ["circleci-project-variable", { project: "gh/acme/.github" }],
    ["circleci-project-variable", { project: "github/octocat_acme/web" }],
    ["circleci-project-variable", {
      project: "circleci/43G3kM5RtfFE7v5sa4nWAU/44n9pujWcTnVZ2b5S8Fnat",
    }],
    ["circleci-project-variable", { project: `circleci/${UUID}/${UUID}` }],
    ["vault-kv2", { namespace: "admin/ci/", mount: "secret/" }],
    ["aws-secrets-manager", {
      region: "us-gov-west-1",
      secret: "arn:aws:secretsmanager:us-gov-west-1:123456789012:secret:ci/heroku-a1b2c3",
    }],
  ] as const
) {
  Deno.test(`The configuration of ${type} takes ${JSON.stringify(more)}`, () => {
    assertEquals(validate(type, { ...shortest[type], ...more }), []);
  });
}

function parse(type: string, config: Readonly<Record<string, unknown>>) {
  const definition = targets.find((known) => known.type === type);
  const result = definition?.schema["~standard"].validate({ ...shortest[type], ...config });
  assert(definition && result && !(result instanceof Promise) && !result.issues);
  return { definition, config: result.value };
}

Deno.test("Places differ where names do, and only there", () => {
  const placeOf = (type: string, given: Readonly<Record<string, unknown>>): string => {
    const { definition, config } = parse(type, given);
    return definition.place(config);
  };
  const places = targets.map(({ type }) => placeOf(type, {}));
  assertEquals(new Set(places).size, targets.length);
  for (
    const [type, one, other, same] of [
      ["github-actions-secret", { repository: "Acme/Web", name: "x" }, {}, true],
      ["github-actions-secret", { token_secret: "OTHER" }, {}, true],
      ["github-actions-secret", { environment: "a" }, { environment: "b" }, false],
      ["github-actions-secret", { base_url: "https://ghe.example.com/api/v3" }, {}, false],
      ["github-actions-secret", { base_url: "https://API.github.com.:443/" }, {}, true],
      [
        "github-actions-secret",
        { base_url: "https://ghe.example.com/api/v3" },
        { base_url: "https://GHE.example.com.//api/v3//" },
        true,
      ],
      [
        "github-actions-secret",
        { base_url: "https://ghe.example.com/one/api/v3" },
        { base_url: "https://ghe.example.com/two/api/v3" },
        false,
      ],
      [
        "github-actions-secret",
        { base_url: "https://ghe.example.com:8443/api/v3" },
        { base_url: "https://ghe.example.com/api/v3" },
        false,
      ],
      ["github-actions-secret", { environment: "Prod" }, { environment: "pROD" }, true],
      ["github-actions-secret", { environment: "caf\u00e9" }, { environment: "cafe\u0301" }, true],
      [
        "github-actions-secret",
        { organization: "acme", repository: undefined },
        { repository: "acme/web" },
        false,
      ],
      ["gitlab-variable", { environment_scope: "a" }, {}, false],
      ["gitlab-variable", { project: "ACME/web" }, {}, true],
      ["gitlab-variable", { project: 17 }, { project: "17" }, true],
      ["gitlab-variable", { base_url: "https://GitLab.com./" }, {}, true],
      ["gitlab-variable", { base_url: "https://gitlab.com/gitlab" }, {}, false],
      ["gitlab-variable", { base_url: "https://gitlab.com:8443" }, {}, false],
      ["circleci-project-variable", { project: "github/Acme/Web" }, {}, true],
      ["circleci-project-variable", { project: "bitbucket/acme/web" }, {}, false],
      [
        "circleci-project-variable",
        { project: "bitbucket/acme/web" },
        { project: "bb/acme/web" },
        true,
      ],
      [
        "circleci-project-variable",
        { project: "circleci/43G3kM5RtfFE7v5sa4nWAU/44n9pujWcTnVZ2b5S8Fnat" },
        { project: "circleci/43G3kM5RtfFE7v5sa4nWAU/44N9pujWcTnVZ2b5S8Fnat" },
        false,
      ],
      [
        "circleci-project-variable",
        { project: `circleci/${UUID}/${UUID}` },
        { project: `circleci/${UUID.toUpperCase()}/${UUID}` },
        true,
      ],
      ["circleci-project-variable", { base_url: "https://CIRCLECI.com.:443/" }, {}, true],
      ["circleci-project-variable", { base_url: "https://circleci.example.com" }, {}, false],
      ["circleci-context-variable", { context: UUID.toUpperCase() }, {}, true],
      ["circleci-context-variable", { base_url: "https://circleci.com./" }, {}, true],
      ["circleci-context-variable", { base_url: "https://ci.example.com/circleci" }, {}, false],
      ["doppler", { project: "Web", config: "PRD" }, {}, true],
      ["doppler", { base_url: "https://api.doppler.com./" }, {}, true],
      ["doppler", { base_url: "https://doppler.example.com" }, {}, false],
      ["heroku-config-var", { token_secret: "OTHER" }, {}, true],
      ["heroku-config-var", { name: "x" }, {}, false],
      ["vault-kv2", { key: "Y" }, {}, false],
      ["vault-kv2", { namespace: "a" }, {}, false],
      ["vault-kv2", { namespace: "a" }, { namespace: "b" }, false],
      ["vault-kv2", { namespace: "a/" }, { namespace: "a" }, true],
      ["vault-kv2", { namespace: "root" }, {}, true],
      ["vault-kv2", { namespace: "a/b" }, { namespace: "a", mount: "b/secret" }, true],
      ["vault-kv2", { mount: "secret/" }, {}, true],
      ["vault-kv2", { mount: "Secret" }, {}, false],
      ["vault-kv2", { mount: "a", path: "b/c" }, { mount: "a/b", path: "c" }, false],
      ["vault-kv2", { mount: "secret/data", path: "x" }, { path: "data/x" }, true],
      ["vault-kv2", { base_url: "https://VAULT.example.com.:8200/" }, {}, true],
      ["vault-kv2", { base_url: "https://vault.example.com" }, {}, false],
      ["vault-kv2", { base_url: "https://a.example" }, { base_url: "https://a.example:443" }, true],
      ["vault-kv2", { base_url: "https://a.example/one" }, {
        base_url: "https://a.example/two",
      }, false],
      ["aws-secrets-manager", { key: "Y" }, {}, false],
      ["aws-secrets-manager", { region: "eu-west-1" }, {}, false],
      ["aws-secrets-manager", { secret: `${ARN}-a1B2c3` }, { secret: ARN }, true],
      ["aws-secrets-manager", { secret: ARN }, {
        secret: ARN.replace("123456789012", "210987654321"),
      }, false],
      ["aws-secrets-manager", { base_url: "https://localstack.example" }, {}, false],
      [
        "aws-secrets-manager",
        {
          base_url: "https://vpce-1-x.secretsmanager.eu-central-1.vpce.amazonaws.com",
        },
        {},
        true,
      ],
      ["cloudflare-worker-secret", { account: ID.toUpperCase() }, {}, true],
      ["cloudflare-worker-secret", { script: "acme-api" }, {}, false],
      [
        "cloudflare-secrets-store",
        { account: ID.toUpperCase(), store: ID.toUpperCase() },
        {},
        true,
      ],
      ["cloudflare-secrets-store", { name: "x" }, {}, false],
      ["webhook", { url: "https://EXAMPLE.com:443/tokens" }, {}, true],
      ["webhook", { url: "https://example.com/tokens?x" }, {}, false],
      [
        "webhook",
        { url: "https://example.com/tokens?x" },
        { url: "https://example.com/tokens?y" },
        false,
      ],
      ["webhook", { url: "https://example.com./a/../%74okens" }, {}, true],
      ["webhook", { url: "https://example.com/tokens?" }, {}, true],
      ["webhook", { url: "https://example.com/tokens/" }, {}, false],
      ["webhook", { url: "https://example.com/a%2fb" }, { url: "https://example.com/a%2Fb" }, true],
      ["webhook", { url: "https://example.com/a%2Fb" }, { url: "https://example.com/a/b" }, false],
      ["webhook", { url: "https://example.com:8443/tokens" }, {}, false],
    ] as const
  ) {
    assertEquals(placeOf(type, one) === placeOf(type, other), same, JSON.stringify(one));
  }
});

Deno.test("Places of AWS overlap where one is a part of the other, or may have two names", () => {
  const other = ARN.replace("123456789012", "210987654321");
  for (
    const [one, two, overlap] of [
      [{}, { key: "X" }, true],
      [{ key: "X" }, { key: "X" }, true],
      [{ key: "X" }, { key: "Y" }, false],
      [{ secret: ARN }, {}, true],
      [{ secret: `${ARN}-a1B2c3` }, { key: "X" }, true],
      [{ secret: `${ARN}-a1B2c3`, key: "X" }, { secret: ARN }, true],
      [{ secret: ARN }, { secret: other }, false],
      [{ secret: ARN, key: "X" }, { secret: other }, false],
      [{ secret: "ci/other" }, { key: "X" }, false],
      [{ region: "eu-west-1" }, { key: "X" }, false],
      [{ base_url: "https://localstack.example" }, { key: "X" }, false],
    ] as const
  ) {
    const first = parse("aws-secrets-manager", one);
    const second = parse("aws-secrets-manager", two);
    const { definition } = first;
    for (const [a, b] of [[first, second], [second, first]]) {
      const overlaps = definition.place(a.config) === definition.place(b.config) ||
        definition.overlaps?.(a.config, b.config) === true;
      assertEquals(overlaps, overlap, JSON.stringify([one, two]));
    }
  }
});
