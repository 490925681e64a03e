import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { TargetError } from "../../lib/targets/target.ts";
import { createTarget } from "./create_target.ts";
import { deliveryOf } from "./delivery_of.ts";
import {
  type GitLabService,
  type GitLabTraits,
  type GitLabVariable,
  startGitLab,
} from "./services/gitlab.ts";
import { withService } from "./with_service.ts";

const OWNER = "projects/acme/web";

/** A variable as an operator has made it for an environment. */
function variableOf(environment_scope: string, value = `value-of-${environment_scope}`) {
  return {
    key: "X",
    value,
    environment_scope,
    variable_type: "env_var",
    protected: false,
    masked: true,
    hidden: false,
    raw: true,
    description: null,
  } satisfies GitLabVariable;
}

/** What each environment's variable holds. */
function valuesOf(service: GitLabService, owner = OWNER): Record<string, string> {
  const held = service.variables.get(owner) ?? [];
  return Object.fromEntries(held.map((v) => [v.environment_scope, v.value]));
}

function targetAt(service: GitLabService, config: Readonly<Record<string, unknown>> = {}) {
  if (!service.variables.has(OWNER)) service.variables.set(OWNER, []);
  return createTarget("gitlab-variable", {
    service,
    config: { project: "acme/web", name: "X", base_url: service.url, ...config },
    secrets: { GITLAB_TOKEN: service.token },
  });
}

Deno.test("A new GitLab variable is masked, raw and for all branches by default", async () => {
  await withService(startGitLab(), async (service) => {
    await targetAt(service).deliver(deliveryOf(1), {});
    await targetAt(service, { name: "Y", masked: false, protected: true })
      .deliver(deliveryOf(1), {});
    const made = service.variables.get(OWNER) ?? [];
    assertEquals(made.map((v) => [v.key, v.masked, v.protected, v.raw, v.environment_scope]), [
      ["X", true, false, true, "*"],
      ["Y", false, true, true, "*"],
    ]);
  });
});

Deno.test("A GitLab variable that already holds the token is left alone", async () => {
  await withService(startGitLab(), async (service) => {
    assertEquals(await targetAt(service).deliver(deliveryOf(1), {}), { changed: true });
    assertEquals(await targetAt(service).deliver(deliveryOf(1), {}), { changed: false });
    assertEquals(service.requests.map(({ method }) => method), ["GET", "POST", "GET"]);
  });
});

Deno.test("GitLab's masking rules are reported, with what to change", async () => {
  await withService(startGitLab(), async (service) => {
    for (const token of ["short", "has space in it", "two\nlines-of-it"]) {
      const error = await assertRejects(
        () => targetAt(service).deliver({ ...deliveryOf(1), token }, {}),
        TargetError,
        "check that the variable's masking",
      );
      assertEquals([error.code, error.retryable], ["invalid_value", false]);
      assertStringIncludes(error.message, `'{"value":["is invalid"]}'`);
    }
    await targetAt(service, { masked: false }).deliver({ ...deliveryOf(1), token: "short" }, {});
  });
});

Deno.test("A hidden GitLab variable proves only its existence", async () => {
  await withService(startGitLab(), async (service) => {
    const target = targetAt(service);
    await target.deliver(deliveryOf(1), {});
    const held = service.variables.get(OWNER) ?? [];
    service.variables.set(OWNER, held.map((variable) => ({ ...variable, hidden: true })));
    await target.deliver(deliveryOf(2), {});
    assertEquals(service.variables.get(OWNER)?.[0].value, deliveryOf(2).token);
    assertEquals((await target.confirm(deliveryOf(2), {}, {})).kind, "existence");
  });
});

for (
  const [what, traits, scopes] of [
    ["ignores the filter", { filter: "ignored" }, ["staging"]],
    ["ignores the filter among several", { filter: "ignored" }, ["staging", "production"]],
    ["refuses several", { filter: "refused" }, ["staging", "production"]],
    ["refuses several and has another one", { filter: "refused" }, ["staging", "*"]],
    ["knows no scopes", { filter: "ignored", scopes: false, showsScope: false }, ["*"]],
  ] satisfies [string, Partial<GitLabTraits>, string[]][]
) {
  Deno.test(`A GitLab that ${what} never gets production's token into another variable`, async () => {
    await withService(startGitLab(), async (service) => {
      Object.assign(service.traits, traits);
      service.variables.set(OWNER, scopes.map((scope) => variableOf(scope)));
      const before = valuesOf(service);
      const target = targetAt(service, { environment_scope: "production" });
      const error = await assertRejects(() => target.deliver(deliveryOf(1), {}), TargetError);
      assertEquals(error.retryable, false, error.message);
      assertStringIncludes(error.message, "environment_scope");
      assertEquals(valuesOf(service), before);
      // What another scope holds proves nothing, even if it is the very token.
      service.variables.set(OWNER, scopes.map((scope) => variableOf(scope, deliveryOf(1).token)));
      if (scopes.includes("production")) return;
      const unproven = await assertRejects(
        () => target.confirm(deliveryOf(1), { changed: true }, {}),
        TargetError,
      );
      const expected = service.traits.filter === "refused" ? "invalid_value" : "mismatch";
      assertEquals(unproven.code, expected, unproven.message);
    });
  });
}

Deno.test("An old GitLab whose answers lack the scope serves the scope '*'", async () => {
  await withService(startGitLab(), async (service) => {
    Object.assign(service.traits, { filter: "ignored", scopes: false, showsScope: false });
    const target = targetAt(service);
    for (const generation of [1, 2]) {
      await target.deliver(deliveryOf(generation), {});
      assertEquals((await target.confirm(deliveryOf(generation), {}, {})).kind, "exact");
    }
    assertEquals(valuesOf(service), { "*": deliveryOf(2).token });
  });
});

Deno.test("A GitLab group without scopes gets no token for all environments", async () => {
  await withService(startGitLab(), async (service) => {
    service.traits.scopes = false;
    service.variables.set("groups/acme", []);
    const config = { project: undefined, group: "acme", environment_scope: "production" };
    for (let round = 0; round < 2; round++) {
      const error = await assertRejects(
        () => targetAt(service, config).deliver(deliveryOf(1), {}),
        TargetError,
      );
      assertEquals(error.retryable, false, error.message);
      assert(!JSON.stringify(valuesOf(service, "groups/acme")).includes(deliveryOf(1).token));
    }
    assertStringIncludes(service.requests.map(({ method }) => method).join(" "), "GET POST");
  });
});

Deno.test("A write that GitLab made to another scope is reported and not repeated", async () => {
  await withService(startGitLab(), async (service) => {
    service.variables.set(OWNER, [variableOf("staging"), variableOf("production")]);
    const target = targetAt(service, { environment_scope: "production" });
    service.setFault(({ method }) =>
      method === "PUT" ? Response.json(variableOf("staging")) : undefined
    );
    const error = await assertRejects(() => target.deliver(deliveryOf(1), {}), TargetError);
    assertEquals(error.retryable, false);
    assertStringIncludes(error.message, "'staging'");
  });
});

Deno.test("Scopes of one key live side by side at a GitLab that knows the filter", async () => {
  await withService(startGitLab(), async (service) => {
    service.variables.set(OWNER, [variableOf("*"), variableOf("staging")]);
    const target = targetAt(service, { environment_scope: "production" });
    for (const generation of [1, 2]) {
      const receipt = await target.deliver(deliveryOf(generation), {});
      assertEquals((await target.confirm(deliveryOf(generation), receipt, {})).kind, "exact");
      assertEquals(valuesOf(service), {
        "*": "value-of-*",
        staging: "value-of-staging",
        production: deliveryOf(generation).token,
      });
    }
  });
});

Deno.test("A GitLab project that is gone is not taken for a variable that is", async () => {
  await withService(startGitLab(), async (service) => {
    const target = targetAt(service);
    await target.deliver(deliveryOf(1), {});
    service.variables.delete(OWNER);
    const error = await assertRejects(() => target.confirm(deliveryOf(1), {}, {}), TargetError);
    assertEquals([error.code, error.retryable], ["not_found", false]);
    assertStringIncludes(error.message, "check 'project'");
  });
});

Deno.test("A GitLab project that was renamed says where it is now", async () => {
  await withService(startGitLab(), async (service) => {
    service.moved.set(OWNER, "projects/17");
    const error = await assertRejects(() => targetAt(service).deliver(deliveryOf(1), {}));
    assert(error instanceof TargetError && error.code === "not_found");
    assertStringIncludes(error.message, "/api/v4/projects/17/variables/X");
    assertEquals(service.requests.map(({ method }) => method), ["GET"]);
  });
});

Deno.test("A GitLab that is read-only for now is waited for", async () => {
  await withService(startGitLab(), async (service) => {
    service.traits.readOnly = true;
    const target = targetAt(service);
    const error = await assertRejects(() => target.deliver(deliveryOf(1), {}), TargetError);
    assertEquals([error.code, error.retryable], ["unavailable", true], error.message);
    service.traits.readOnly = false;
    await target.deliver(deliveryOf(1), {});
    assertEquals(valuesOf(service), { "*": deliveryOf(1).token });
  });
});

Deno.test("A GitLab project with no room for a variable is reported in GitLab's words", async () => {
  await withService(startGitLab(), async (service) => {
    service.traits.most = 0;
    const error = await assertRejects(
      () => targetAt(service).deliver(deliveryOf(1), {}),
      TargetError,
      "Maximum number of projects variables (0) exceeded",
    );
    assertEquals(error.code, "invalid_value");
  });
});

Deno.test("A GitLab variable that expands references takes no value with '$'", async () => {
  await withService(startGitLab(), async (service) => {
    const expanded = { ...variableOf("*"), raw: false, masked: false };
    service.variables.set(OWNER, [expanded]);
    const target = targetAt(service);
    const error = await assertRejects(
      () => target.deliver({ ...deliveryOf(1), token: "HRKU-$HOME-0123456789" }, {}),
      TargetError,
    );
    assertEquals(error.code, "invalid_value");
    assertEquals(service.variables.get(OWNER), [expanded]);
    await target.deliver(deliveryOf(1), {});
    assertEquals(service.variables.get(OWNER), [{ ...expanded, value: deliveryOf(1).token }]);
  });
});

Deno.test("Members of another type in GitLab's answer stop no delivery", async () => {
  await withService(startGitLab(), async (service) => {
    const target = targetAt(service);
    await target.deliver(deliveryOf(1), {});
    service.setFault(({ method }) =>
      method === "GET"
        ? Response.json({ ...variableOf("*", deliveryOf(1).token), hidden: "no", raw: 1 })
        : undefined
    );
    assertEquals((await target.confirm(deliveryOf(1), {}, {})).kind, "exact");
  });
});

for (
  const [status, body, code, words] of [
    [401, { error: "invalid_token", error_description: "Token was revoked." }, "unauthorized", ""],
    [403, { error: "insufficient_scope", scope: "api" }, "forbidden", "scope 'api'"],
    [400, { message: { key: ["(X) has already been taken"] } }, "invalid_value", "already been"],
    [413, { message: "Request Entity Too Large" }, "invalid_value", "Too Large"],
    [
      429,
      { message: { error: "This endpoint has been requested too many times." } },
      "rate_limited",
    ],
    [503, { message: "GitLab is undergoing maintenance" }, "unavailable", "maintenance"],
  ] as const
) {
  Deno.test(`GitLab's ${status} ${JSON.stringify(body).slice(0, 40)}… is ${code}`, async () => {
    await withService(startGitLab(), async (service) => {
      service.setFault(({ method }) =>
        method === "POST" ? Response.json(body, { status }) : undefined
      );
      const error = await assertRejects(
        () => targetAt(service).deliver(deliveryOf(1), {}),
        TargetError,
        words,
      );
      assertEquals(error.code, code, error.message);
    });
  });
}

Deno.test("A GitLab whose answer to a write says nothing is asked for what it holds", async () => {
  await withService(startGitLab(), async (service) => {
    for (const environment_scope of ["*", "production"]) {
      const target = targetAt(service, { environment_scope });
      const fetching: typeof fetch = async (input, init) => {
        const response = await fetch(input, init);
        if (init?.method === "GET") return response;
        await response.body?.cancel();
        return new Response("", { status: response.status });
      };
      const quiet = createTarget("gitlab-variable", {
        service,
        config: { project: "acme/web", name: "X", base_url: service.url, environment_scope },
        secrets: { GITLAB_TOKEN: service.token },
      }, fetching);
      for (const generation of [1, 2]) {
        await quiet.deliver(deliveryOf(generation), {});
        assertEquals(valuesOf(service)[environment_scope], deliveryOf(generation).token);
        assertEquals((await target.confirm(deliveryOf(generation), {}, {})).kind, "exact");
      }
    }
  });
});
