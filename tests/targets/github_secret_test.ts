import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { TargetError } from "../../lib/targets/target.ts";
import { assertConceals } from "./assert_conceals.ts";
import { createTarget } from "./create_target.ts";
import { deliveryOf } from "./delivery_of.ts";
import { type GitHubService, startGitHub } from "./services/github.ts";
import { refusalOf } from "./services/github_refusals.ts";
import { withService } from "./with_service.ts";

const STORES = ["actions", "dependabot", "codespaces"] as const;

function targetAt(
  service: GitHubService,
  config: Readonly<Record<string, unknown>>,
  store: typeof STORES[number] = "actions",
) {
  service.owners.add("acme/web").add("acme");
  return createTarget(`github-${store}-secret`, {
    service,
    config: { name: "X", base_url: service.url, ...config },
    secrets: { GITHUB_TOKEN: service.token },
  });
}

const old = { value: "old", createdAt: "2026-01-01T00:00:00Z", updatedAt: "2026-01-01T00:00:00Z" };
const PATH = "/orgs/acme/actions/secrets/X";

for (const visibility of ["all", "private", "selected"]) {
  Deno.test(`An organization's secret keeps the visibility '${visibility}'`, async () => {
    await withService(startGitHub(), async (service) => {
      const selected = visibility === "selected" ? [] : undefined;
      service.secrets.set(PATH, { ...old, visibility, selected });
      const target = targetAt(service, { organization: "acme", visibility: "all" });
      await target.deliver(deliveryOf(1), {});
      const { visibility: kept, value } = service.secrets.get(PATH) ?? {};
      assertEquals([kept, value], [visibility, deliveryOf(1).token]);
      assertEquals(service.violations, []);
    });
  });

  Deno.test(`An organization's new secret gets the visibility '${visibility}'`, async () => {
    await withService(startGitHub(), async (service) => {
      await targetAt(service, { organization: "acme", visibility }).deliver(deliveryOf(1), {});
      assertEquals(service.secrets.get(PATH)?.visibility, visibility);
      assertEquals(service.violations, []);
    });
  });
}

Deno.test("An organization's new secret is for private repositories by default", async () => {
  await withService(startGitHub(), async (service) => {
    await targetAt(service, { organization: "acme" }).deliver(deliveryOf(1), {});
    assertEquals(service.secrets.get(PATH)?.visibility, "private");
  });
});

Deno.test("GitHub's secondary rate limit is obeyed for a minute", async () => {
  await withService(startGitHub(), async (service) => {
    const message = "You have exceeded a secondary rate limit. Please wait a few minutes";
    service.setFault(() => Response.json({ message }, { status: 403 }));
    const error = await assertRejects(
      () => targetAt(service, { repository: "acme/web" }).deliver(deliveryOf(1), {}),
      TargetError,
    );
    assertEquals([error.code, error.retryAfter], ["rate_limited", 60_000]);
  });
});

for (
  const [what, token] of [
    ["two lines", "ghp_canary-1\nghp_canary-2"],
    ["curly quotes", "\u201cghp_canary-1\u201d"],
    ["a byte order mark", "\ufeffghp_canary-1"],
  ] as const
) {
  Deno.test(`A token for GitHub with ${what} does not count as a service that is down`, async () => {
    await withService(startGitHub(), async (service) => {
      const target = createTarget("github-actions-secret", {
        service,
        config: { repository: "acme/web", name: "X", base_url: service.url },
        secrets: { GITHUB_TOKEN: token },
      });
      const error = await assertRejects(() => target.deliver(deliveryOf(1), {}), TargetError);
      assertEquals([error.code, error.retryable], ["unauthorized", false]);
      assertConceals(error, [token, "canary-1"]);
      assertEquals(service.requests, []);
    });
  });
}

Deno.test("A GitHub secret that somebody writes after us is no proof", async () => {
  await withService(startGitHub(), async (service) => {
    const target = targetAt(service, { repository: "acme/web" });
    const receipt = await target.deliver(deliveryOf(1), {});
    await target.confirm(deliveryOf(1), receipt, {});
    service.advance(60_000);
    await target.confirm(deliveryOf(1), receipt, {});
    await target.deliver(deliveryOf(2), {});
    const error = await assertRejects(
      () => target.confirm(deliveryOf(1), receipt, {}),
      TargetError,
      "which was not our delivery",
    );
    assertEquals(error.code, "mismatch");
  });
});

const ids = Array.from({ length: 130 }, (_, at) => at + 1);

for (const store of STORES) {
  Deno.test(`An organization's ${store} secret keeps its repositories when some are not listed`, async () => {
    await withService(startGitHub(), async (service) => {
      const path = `/orgs/acme/${store}/secrets/X`;
      service.secrets.set(path, { ...old, visibility: "selected", selected: ids });
      const before = service.secrets.get(path);
      service.ways.hidden.add(7).add(120);
      service.ways.countsHidden = true;
      const error = await assertRejects(
        () => targetAt(service, { organization: "acme" }, store).deliver(deliveryOf(1), {}),
        TargetError,
        "lists 128 of the 130 repositories",
      );
      assertEquals(error.code, "forbidden");
      assertEquals(service.secrets.get(path), before);
    });
  });
}

Deno.test("An organization's secret keeps its repositories when they change meanwhile", async () => {
  await withService(startGitHub(), async (service) => {
    service.secrets.set(PATH, { ...old, visibility: "selected", selected: ids });
    const others = ids.filter((id) => id !== 5);
    service.setFault(({ query }) => {
      if (query.get("page") === "2") service.select(PATH, others);
      return undefined;
    });
    const target = targetAt(service, { organization: "acme" });
    const error = await assertRejects(() => target.deliver(deliveryOf(1), {}), TargetError);
    assertEquals([error.code, error.retryable], ["unavailable", true]);
    assertEquals(service.secrets.get(PATH)?.value, "old");
    await target.deliver(deliveryOf(1), {});
    const { value, selected } = service.secrets.get(PATH) ?? {};
    assertEquals([value, selected], [deliveryOf(1).token, others]);
  });
});

Deno.test("An organization's secret that repeats a page of its repositories is left as it is", async () => {
  await withService(startGitHub(), async (service) => {
    service.secrets.set(PATH, { ...old, visibility: "selected", selected: ids });
    service.setFault(({ path, query }) =>
      path.endsWith("/repositories") && query.get("page") !== "1"
        ? Response.json({
          total_count: 130,
          repositories: ids.slice(0, 100).map((id) => ({ id })),
        })
        : undefined
    );
    const target = targetAt(service, { organization: "acme" });
    await assertRejects(() => target.deliver(deliveryOf(1), {}), TargetError, "lists 100 of");
    assertEquals(service.secrets.get(PATH)?.selected, ids);
    assertEquals(service.secrets.get(PATH)?.value, "old");
    assert(service.requests.length < 8);
  });
});

for (const store of STORES) {
  Deno.test(`A GitHub ${store} secret with a new audience is delivered again, with that audience`, async () => {
    await withService(startGitHub(), async (service) => {
      const path = `/orgs/acme/${store}/secrets/X`;
      service.secrets.set(path, { ...old, visibility: "selected", selected: [1, 2] });
      const target = targetAt(service, { organization: "acme" }, store);
      const receipt = await target.deliver(deliveryOf(1), {});
      service.advance(60_000);
      service.select(path, [1, 2, 3]);
      const error = await assertRejects(
        () => target.confirm(deliveryOf(1), receipt, {}),
        TargetError,
      );
      assertEquals(error.code, "mismatch");
      const again = await target.deliver(deliveryOf(1), {});
      assertEquals((await target.confirm(deliveryOf(1), again, {})).kind, "timestamp");
      assertEquals(service.secrets.get(path)?.selected, [1, 2, 3]);
    });
  });
}

for (const store of STORES) {
  Deno.test(`A GitHub ${store} secret is sealed again when the public key has changed`, async () => {
    await withService(startGitHub(), async (service) => {
      let changes = 1;
      service.setFault(({ method }) => {
        if (method === "PUT" && changes-- > 0) service.replaceKeys();
        return undefined;
      });
      const target = targetAt(service, { repository: "acme/web" }, store);
      const receipt = await target.deliver(deliveryOf(1), {});
      assertEquals(
        service.secrets.get(`/repos/acme/web/${store}/secrets/X`)?.value,
        deliveryOf(1).token,
      );
      assertEquals((await target.confirm(deliveryOf(1), receipt, {})).kind, "timestamp");
    });
  });
}

Deno.test("A GitHub secret whose public key never stays is given up soon", async () => {
  await withService(startGitHub(), async (service) => {
    service.ways.changesKeys = true;
    const target = targetAt(service, { repository: "acme/web" });
    const error = await assertRejects(() => target.deliver(deliveryOf(1), {}), TargetError);
    assertEquals([error.code, error.status], ["invalid_value", 422]);
    assertEquals(service.requests.filter(({ method }) => method === "PUT").length, 2);
  });
});

for (
  const [what, key] of [
    ["31 bytes", new Uint8Array(31).fill(9).toBase64()],
    ["33 bytes", new Uint8Array(33).fill(9).toBase64()],
    ["a point of low order", new Uint8Array(32).toBase64()],
    ["nothing", ""],
    ["no base64", "not a key"],
  ] as const
) {
  Deno.test(`A GitHub public key of ${what} is not sealed for`, async () => {
    await withService(startGitHub(), async (service) => {
      service.ways.publicKey = key;
      const target = targetAt(service, { repository: "acme/web" });
      const error = await assertRejects(() => target.deliver(deliveryOf(1), {}), TargetError);
      assertEquals([error.code, error.retryable], ["unavailable", true], error.message);
      assertStringIncludes(error.message, "public key");
      assertEquals(service.secrets.size, 0);
    });
  });
}

Deno.test("A GitHub key's number may be a number", async () => {
  await withService(startGitHub(), async (service) => {
    const target = targetAt(service, { repository: "acme/web" });
    const key = new Uint8Array(32).fill(9).toBase64();
    service.setFault(({ path }) =>
      path.endsWith("/public-key") ? Response.json({ key_id: 1012, key }) : undefined
    );
    await assertRejects(
      () => target.deliver(deliveryOf(2), {}),
      TargetError,
      "The key_id is not valid",
    );
    assertEquals(JSON.parse(service.requests.at(-1)?.text ?? "").key_id, "1012");
  });
});

for (
  const [to, authentication] of [["acme/site", "token"], ["globex/web", "token"], [
    "acme/site",
    "app",
  ]]
) {
  Deno.test(`A repository that is now ${to} gets nothing under its old name, with ${authentication}`, async () => {
    await withService(startGitHub(), async (service) => {
      service.ways.renamed.set("acme/web", to);
      service.app.permissions.set("secrets", "write");
      const target = createTarget("github-actions-secret", {
        service,
        config: {
          repository: "acme/web",
          name: "X",
          base_url: service.url,
          ...(authentication === "app"
            ? { app: { id: service.app.id, private_key_secret: "APP_KEY" } }
            : {}),
        },
        secrets: { GITHUB_TOKEN: service.token, APP_KEY: service.app.privateKey },
      });
      const error = await assertRejects(() => target.deliver(deliveryOf(1), {}), TargetError);
      assertEquals([error.code, error.retryable], ["not_found", false]);
      assertStringIncludes(error.message, "was renamed or moved");
      if (authentication === "token") assertStringIncludes(error.message, `'${to}'`);
      assertEquals(service.requests.filter(({ method }) => method === "PUT").length, 0);
      assertEquals(service.secrets.size, 0);
    });
  });
}

for (
  const [kind, code, retryAfter, words] of [
    [
      "singleSignOn",
      "forbidden",
      undefined,
      "authorize the token in the Worker secret 'GITHUB_TOKEN' for the organization's single sign-on",
    ],
    [
      "addressNotAllowed",
      "forbidden",
      undefined,
      "let the organization's IP allow list admit the addresses that this Worker calls from",
    ],
    ["archived", "forbidden", undefined, "unarchive 'acme/web', or remove this target"],
    [
      "kindOfToken",
      "forbidden",
      undefined,
      "use a token of a kind that 'acme/web' allows, or a GitHub App",
    ],
    [
      "lifetimeOfToken",
      "forbidden",
      undefined,
      "use a token of a kind that 'acme/web' allows, or a GitHub App",
    ],
    [
      "plan",
      "forbidden",
      undefined,
      "choose a plan of 'acme/web' at GitHub that allows this, or remove this target",
    ],
    ["blocked", "forbidden", undefined, "ask GitHub's support why"],
    ["suspendedAccount", "forbidden", undefined, "ask GitHub's support why"],
    [
      "notAccessible",
      "forbidden",
      undefined,
      "give the token in the Worker secret 'GITHUB_TOKEN' the permission 'secrets: write' for 'acme/web'",
    ],
    [
      "unsupportedVersion",
      "invalid_value",
      undefined,
      "use a newer version of Herotate, as GitHub no longer supports this one's API version",
    ],
    ["secondaryLimit", "rate_limited", 60_000, "try again in 60 seconds"],
    ["secondaryLimit429", "rate_limited", 60_000, "try again in 60 seconds"],
    ["secondaryLimitWithWait", "rate_limited", 30_000, "try again in 30 seconds"],
    [
      "storeDown",
      "unavailable",
      undefined,
      "try again, and check the service's status page if it goes on",
    ],
    [
      "conflict",
      "unavailable",
      undefined,
      "try again, and check the service's status page if it goes on",
    ],
  ] as const
) {
  Deno.test(`GitHub's answer '${kind}' is ${code} and says what helps`, async () => {
    await withService(startGitHub(), async (service) => {
      service.setFault(({ method }) => method === "PUT" ? refusalOf(kind) : undefined);
      const target = targetAt(service, { repository: "acme/web" });
      const error = await assertRejects(() => target.deliver(deliveryOf(1), {}), TargetError);
      assertEquals([error.code, error.retryAfter], [code, retryAfter], error.message);
      assert(error.message.endsWith(`: ${words}`), error.message);
      assertConceals(error, ["sso-Yb7cN2wLq", service.token, deliveryOf(1).token]);
    });
  });
}

for (const store of STORES) {
  Deno.test(`A GitHub ${store} secret that is shown late is proven when it is shown`, async () => {
    for (const present of [false, true]) {
      await withService(startGitHub(), async (service) => {
        if (present) service.secrets.set(`/repos/acme/web/${store}/secrets/X`, old);
        service.ways.readLag = 45_000;
        const target = targetAt(service, { repository: "acme/web" }, store);
        const receipt = await target.deliver(deliveryOf(1), {});
        const error = await assertRejects(
          () => target.confirm(deliveryOf(1), receipt, {}),
          TargetError,
        );
        assertEquals([error.code, error.retryable], ["mismatch", true]);
        service.advance(46_000);
        assertEquals((await target.confirm(deliveryOf(1), receipt, {})).kind, "timestamp");
      });
    }
  });
}

for (
  const [config, store] of [
    [{ repository: "acme/web" }, "/repos/acme/web/actions"],
    [{ repository: "acme/web", environment: "prod" }, "/repos/acme/web/environments/prod"],
    [{ organization: "acme" }, "/orgs/acme/actions"],
  ] as const
) {
  Deno.test(`A GitHub secret is not missing where ${store} cannot be read`, async () => {
    await withService(startGitHub(), async (service) => {
      const target = targetAt(service, config);
      const receipt = await target.deliver(deliveryOf(1), {});
      service.ways.gone.add(store);
      const error = await assertRejects(
        () => target.confirm(deliveryOf(1), receipt, {}),
        TargetError,
        "check that 'acme",
      );
      assertEquals([error.code, error.status], ["not_found", 404]);
    });
  });
}

Deno.test("A GitHub secret's time that cannot be read proves and disproves nothing", async () => {
  await withService(startGitHub(), async (service) => {
    const target = targetAt(service, { repository: "acme/web" });
    const receipt = await target.deliver(deliveryOf(1), {});
    const { token } = deliveryOf(1);
    for (const updated_at of ["soon", "soon 1", "", null, 5, undefined, token, `${token} 1`]) {
      service.setFault(() => Response.json({ name: "X", updated_at }));
      const error = await assertRejects(
        () => target.confirm(deliveryOf(1), receipt, {}),
        TargetError,
      );
      assertEquals(error.code, "unavailable", error.message);
      assertConceals(error, [token]);
    }
  });
});

Deno.test("A write that GitHub answers with 200 is confirmed like any other", async () => {
  await withService(startGitHub(), async (service) => {
    service.ways.writesAnswer200 = true;
    const target = targetAt(service, { repository: "acme/web" });
    const receipt = await target.deliver(deliveryOf(1), {});
    assertEquals((await target.confirm(deliveryOf(1), receipt, {})).kind, "timestamp");
  });
});

Deno.test("A GitHub token that ends soon shows in the proof", async () => {
  await withService(startGitHub(), async (service) => {
    const target = targetAt(service, { repository: "acme/web" });
    const receipt = await target.deliver(deliveryOf(1), {});
    const inDays = (days: number) => {
      const time = new Date(service.now() + days * 86_400_000).toISOString();
      return `${time.slice(0, 10)} ${time.slice(11, 19)} UTC`;
    };
    for (const [expiration, shows] of [[inDays(9), true], [inDays(90), false], ["never", false]]) {
      service.ways.tokenExpiration = String(expiration);
      const { detail } = await target.confirm(deliveryOf(1), receipt, {});
      assertEquals(detail.includes("'GITHUB_TOKEN'"), shows, detail);
    }
  });
});

Deno.test("A Codespaces secret that is not there names the plans that have such", async () => {
  await withService(startGitHub(), async (service) => {
    service.ways.gone.add("/orgs/acme/codespaces");
    const target = targetAt(service, { organization: "acme" }, "codespaces");
    const error = await assertRejects(
      () => target.deliver(deliveryOf(1), {}),
      TargetError,
      "Enterprise Server has no Codespaces",
    );
    assertEquals(error.code, "not_found");
  });
});

for (
  const answer of [
    () =>
      new Response("<h1>Not Found</h1>", { status: 404, headers: { "content-type": "text/html" } }),
    () => new Response("<h1>406</h1>", { status: 406, headers: { "content-type": "text/html" } }),
    () => new Response(null, { status: 302, headers: { location: "/login?return_to=x" } }),
    () => new Response(null, { status: 301, headers: { location: "https://elsewhere.test/" } }),
  ]
) {
  Deno.test(`GitHub's website is not taken for its API (${answer().status})`, async () => {
    await withService(startGitHub(), async (service) => {
      service.setFault(answer);
      const target = targetAt(service, { repository: "acme/web" });
      const error = await assertRejects(
        () => target.deliver(deliveryOf(1), {}),
        TargetError,
        "check that 'base_url' is GitHub's API",
      );
      assertEquals(error.retryable, false);
    });
  });
}

for (const store of ["actions", "dependabot"] as const) {
  Deno.test(`An organization's ${store} secret keeps its repositories where ids are texts`, async () => {
    await withService(startGitHub(), async (service) => {
      const path = `/orgs/acme/${store}/secrets/X`;
      service.secrets.set(path, { ...old, visibility: "selected", selected: [1, 2, 3] });
      service.ways.wantsIdsAsText = true;
      await targetAt(service, { organization: "acme" }, store).deliver(deliveryOf(1), {});
      const { value, selected } = service.secrets.get(path) ?? {};
      assertEquals([value, selected], [deliveryOf(1).token, [1, 2, 3]]);
      assertEquals(service.violations, []);
    });
  });
}

Deno.test("A renamed repository's present name shows no token", async () => {
  await withService(startGitHub(), async (service) => {
    for (
      const name of [`acme/${deliveryOf(1).token}`, deliveryOf(1).token, "a b/c", service.token]
    ) {
      service.ways.renamed.set("acme/web", name);
      const error = await assertRejects(
        () => targetAt(service, { repository: "acme/web" }).deliver(deliveryOf(1), {}),
        TargetError,
        "was renamed or moved",
      );
      assertConceals(error, [deliveryOf(1).token, service.token]);
      assert(!error.message.includes("a b/c"), error.message);
    }
  });
});

for (const store of STORES) {
  Deno.test(`An organization's ${store} secret gets its repositories back when a write ignores them`, async () => {
    await withService(startGitHub(), async (service) => {
      const path = `/orgs/acme/${store}/secrets/X`;
      service.secrets.set(path, { ...old, visibility: "selected", selected: ids });
      service.ways.ignoresIds = true;
      const target = targetAt(service, { organization: "acme" }, store);
      const receipt = await target.deliver(deliveryOf(1), {});
      const { value, selected } = service.secrets.get(path) ?? {};
      assertEquals([value, selected], [deliveryOf(1).token, ids]);
      assertEquals((await target.confirm(deliveryOf(1), receipt, {})).kind, "timestamp");
      assertEquals(service.violations, []);
    });
  });
}
