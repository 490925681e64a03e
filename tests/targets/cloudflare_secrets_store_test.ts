import { assertEquals, assertRejects } from "@std/assert";
import { TargetError } from "../../lib/targets/target.ts";
import { createTarget } from "./create_target.ts";
import { deliveryOf } from "./delivery_of.ts";
import { type CloudflareService, startCloudflare } from "./services/cloudflare.ts";
import { withService } from "./with_service.ts";

const ACCOUNT = "0123456789abcdef0123456789abcdef";
const STORE = "fedcba9876543210fedcba9876543210";

function targetAt(service: CloudflareService) {
  const key = `${ACCOUNT}/${STORE}`;
  const store = service.stores.get(key) ?? new Map();
  service.stores.set(key, store);
  const target = createTarget("cloudflare-secrets-store", {
    service,
    config: { account: ACCOUNT, store: STORE, name: "X", base_url: service.url },
    secrets: { CLOUDFLARE_API_TOKEN: service.token },
  });
  return { store, target };
}

Deno.test("A new secret in the Secrets Store is for Workers, with its generation", async () => {
  await withService(startCloudflare(), async (service) => {
    const { store, target } = targetAt(service);
    await target.deliver(deliveryOf(7), {});
    const { scopes, comment } = store.get("X");
    assertEquals([scopes, comment], [["workers"], "[herotate g7 20260108T000000Z]"]);
  });
});

Deno.test("A secret in the Secrets Store keeps the operator's words before its generation", async () => {
  await withService(startCloudflare(), async (service) => {
    const { store, target } = targetAt(service);
    await target.deliver(deliveryOf(1), {});
    store.set("X", { ...store.get("X"), comment: "Ask Ada [herotate]" });
    for (const generation of [2, 3]) {
      await target.deliver(deliveryOf(generation), {});
      assertEquals(
        store.get("X").comment,
        `Ask Ada [herotate] [herotate g${generation} 2026010${generation + 1}T000000Z]`,
      );
    }
  });
});

Deno.test("A secret that the Secrets Store has not rolled out yet is no proof", async () => {
  await withService(startCloudflare(), async (service) => {
    const { store, target } = targetAt(service);
    const receipt = await target.deliver(deliveryOf(1), {});
    store.set("X", { ...store.get("X"), status: "pending" });
    const error = await assertRejects(
      () => target.confirm(deliveryOf(1), receipt, {}),
      TargetError,
      "'pending'",
    );
    assertEquals([error.code, error.retryable], ["mismatch", true]);
  });
});

Deno.test("A secret in the Secrets Store whose generation somebody changed is no proof", async () => {
  await withService(startCloudflare(), async (service) => {
    const { store, target } = targetAt(service);
    const receipt = await target.deliver(deliveryOf(1), {});
    store.set("X", { ...store.get("X"), comment: "" });
    const error = await assertRejects(
      () => target.confirm(deliveryOf(1), receipt, {}),
      TargetError,
      "another generation in its comment",
    );
    assertEquals(error.code, "mismatch");
  });
});

for (
  const [status, code, expected] of [
    [403, 9109, "unauthorized"],
    [400, 6003, "unauthorized"],
    [400, 6111, "unauthorized"],
    [403, 10000, "forbidden"],
    [400, 10000, "forbidden"],
    [401, 10000, "unauthorized"],
    [400, 1003, "invalid_value"],
    [500, 10000, "unavailable"],
  ] as const
) {
  Deno.test(`Cloudflare's code ${code} with ${status} is ${expected}`, async () => {
    await withService(startCloudflare(), async (service) => {
      service.setFault(() =>
        Response.json({ success: false, errors: [{ code, message: "No" }] }, { status })
      );
      const { target } = targetAt(service);
      const error = await assertRejects(() => target.deliver(deliveryOf(1), {}), TargetError);
      assertEquals(error.code, expected);
    });
  });
}
