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

Deno.test("A secret in the Secrets Store is found on whichever page it is", async () => {
  for (const counts of [true, false]) {
    await withService(startCloudflare(), async (service) => {
      const { store, target } = targetAt(service);
      await target.deliver(deliveryOf(1), {});
      const secret = store.get("X");
      store.clear();
      for (let at = 0; at < 70; at++) store.set(`X_${at}`, { ...secret, id: `other${at}` });
      store.set("X", secret);
      // The service gives fewer on a page than were asked for.
      service.mood.longestPage = 20;
      service.mood.counts = counts;
      const receipt = await target.deliver(deliveryOf(2), {});
      assertEquals(store.get("X").value, deliveryOf(2).token);
      assertEquals((await target.confirm(deliveryOf(2), receipt, {})).kind, "timestamp");
    });
  }
});

Deno.test("A list of the Secrets Store that repeats a page comes to an end", async () => {
  await withService(startCloudflare(), async (service) => {
    const { store, target } = targetAt(service);
    const other = { id: "1", name: "Y", status: "active", modified: "2026-01-01T00:00:00Z" };
    service.setFault(({ method }) =>
      method === "GET" ? Response.json({ success: true, result: [other] }) : undefined
    );
    await target.deliver(deliveryOf(1), {});
    assertEquals(store.get("X").value, deliveryOf(1).token);
    assertEquals(service.requests.length, 3);
  });
});

Deno.test("A list of the Secrets Store may be null where it is empty", async () => {
  await withService(startCloudflare(), async (service) => {
    const { store, target } = targetAt(service);
    service.setFault(({ method }) =>
      method === "GET" ? Response.json({ success: true, result: null }) : undefined
    );
    await target.deliver(deliveryOf(1), {});
    assertEquals(store.get("X").value, deliveryOf(1).token);
  });
});

Deno.test("A secret that the Secrets Store has deleted is made again", async () => {
  await withService(startCloudflare(), async (service) => {
    const { store, target } = targetAt(service);
    await target.deliver(deliveryOf(1), {});
    const deleted = { ...store.get("X"), status: "deleted" };
    store.clear();
    store.set("gone", deleted);
    service.setFault(({ method }) =>
      method === "GET"
        ? Response.json({ success: true, result: [{ ...deleted, name: "X" }] })
        : undefined
    );
    await target.deliver(deliveryOf(2), {});
    assertEquals(store.get("X").value, deliveryOf(2).token);
  });
});

Deno.test("A secret that a list does not show yet is written on the next try", async () => {
  await withService(startCloudflare(), async (service) => {
    const { store, target } = targetAt(service);
    service.mood.lags = true;
    await target.deliver(deliveryOf(1), {});
    const error = await assertRejects(
      () => target.deliver(deliveryOf(1), {}),
      TargetError,
      "secret_name_already_exists",
    );
    assertEquals([error.code, error.retryable], ["unavailable", true]);
    service.mood.lags = false;
    const receipt = await target.deliver(deliveryOf(1), {});
    assertEquals(store.size, 1);
    assertEquals((await target.confirm(deliveryOf(1), receipt, {})).kind, "timestamp");
  });
});

Deno.test("A secret that was deleted since it was listed is made on the next try", async () => {
  await withService(startCloudflare(), async (service) => {
    const { store, target } = targetAt(service);
    await target.deliver(deliveryOf(1), {});
    service.setFault(({ method }) => {
      if (method === "PATCH") store.clear();
      return undefined;
    });
    const error = await assertRejects(
      () => target.deliver(deliveryOf(2), {}),
      TargetError,
      "secret_not_found",
    );
    assertEquals([error.code, error.retryable], ["unavailable", true]);
    await target.deliver(deliveryOf(2), {});
    assertEquals(store.get("X").value, deliveryOf(2).token);
  });
});

Deno.test("A Secrets Store without room says so", async () => {
  await withService(startCloudflare(), async (service) => {
    const { target } = targetAt(service);
    service.mood.quota = 0;
    const error = await assertRejects(
      () => target.deliver(deliveryOf(1), {}),
      TargetError,
      "room for another secret",
    );
    assertEquals(error.code, "invalid_value");
  });
});

Deno.test("A secret that the Secrets Store rolls out is proven once it is active", async () => {
  await withService(startCloudflare(), async (service) => {
    const { store, target } = targetAt(service);
    service.mood.pending = true;
    const receipt = await target.deliver(deliveryOf(1), {});
    const early = await assertRejects(
      () => target.confirm(deliveryOf(1), receipt, {}),
      TargetError,
    );
    assertEquals(early.retryable, true);
    store.set("X", { ...store.get("X"), status: "active" });
    assertEquals((await target.confirm(deliveryOf(1), receipt, {})).kind, "timestamp");
  });
});

for (
  const [status, code, message, expected] of [
    [403, 9109, "Invalid access token", "unauthorized"],
    [403, 9109, "No", "forbidden"],
    [400, 6003, "No", "unauthorized"],
    [400, 6111, "No", "unauthorized"],
    [403, 10000, "No", "forbidden"],
    [400, 10000, "No", "forbidden"],
    [401, 10000, "No", "unauthorized"],
    [404, 1001, "store_not_found", "not_found"],
    [400, 1001, "store_not_found", "not_found"],
    [400, 1001, "secret_scopes_empty", "invalid_value"],
    [400, 1003, "secret_name_already_exists: X", "unavailable"],
    [400, 1003, "No", "invalid_value"],
    [500, 10000, "No", "unavailable"],
  ] as const
) {
  Deno.test(`The Secrets Store's ${status} with code ${code} '${message}' is ${expected}`, async () => {
    await withService(startCloudflare(), async (service) => {
      service.setFault(() =>
        Response.json({ success: false, errors: [{ code, message }] }, { status })
      );
      const { target } = targetAt(service);
      const error = await assertRejects(() => target.deliver(deliveryOf(1), {}), TargetError);
      assertEquals(error.code, expected);
    });
  });
}
