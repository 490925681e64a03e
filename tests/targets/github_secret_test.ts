import { assertEquals, assertRejects } from "@std/assert";
import { TargetError } from "../../lib/targets/target.ts";
import { createTarget } from "./create_target.ts";
import { deliveryOf } from "./delivery_of.ts";
import { type GitHubService, startGitHub } from "./services/github.ts";
import { withService } from "./with_service.ts";

function targetAt(service: GitHubService, config: Readonly<Record<string, unknown>>) {
  service.owners.add("acme/web").add("acme");
  return createTarget("github-actions-secret", {
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
