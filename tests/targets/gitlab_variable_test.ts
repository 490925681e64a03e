import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { TargetError } from "../../lib/targets/target.ts";
import { createTarget } from "./create_target.ts";
import { deliveryOf } from "./delivery_of.ts";
import { type GitLabService, startGitLab } from "./services/gitlab.ts";
import { withService } from "./with_service.ts";

const OWNER = "projects/acme/web";

function targetAt(service: GitLabService, config: Readonly<Record<string, unknown>> = {}) {
  if (!service.variables.has(OWNER)) service.variables.set(OWNER, []);
  return createTarget("gitlab-variable", {
    service,
    config: { project: "acme/web", name: "X", base_url: service.url, ...config },
    secrets: { GITLAB_TOKEN: service.token },
  });
}

Deno.test("A new GitLab variable is masked, raw and for all branches unless told otherwise", async () => {
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

Deno.test("GitLab's masking rules are told, with what to change", async () => {
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

Deno.test("A hidden GitLab variable proves its existence alone", async () => {
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
