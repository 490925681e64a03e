import { assertEquals, assertRejects } from "@std/assert";
import { TargetError } from "../../lib/targets/target.ts";
import { createTarget } from "./create_target.ts";
import { deliveryOf } from "./delivery_of.ts";
import { startVault, type VaultService } from "./services/vault.ts";
import { withService } from "./with_service.ts";

const KEY = "secret/ci/heroku";

function targetAt(service: VaultService, config: Readonly<Record<string, unknown>> = {}) {
  service.mounts.add("secret");
  return createTarget("vault-kv2", {
    service,
    config: { address: service.url, path: "ci/heroku", key: "X", ...config },
    secrets: { VAULT_TOKEN: service.token },
  });
}

Deno.test("vault-kv2 makes a secret that is not there, or deleted", async () => {
  await withService(startVault(), async (service) => {
    await targetAt(service).deliver(deliveryOf(1), {});
    assertEquals(service.secrets.get(KEY), {
      version: 1,
      data: { X: deliveryOf(1).token },
      customMetadata: { "herotate:X": "g1 20260102T000000Z" },
    });
    service.secrets.set(KEY, { version: 4, customMetadata: { owner: "ada" } });
    await targetAt(service).deliver(deliveryOf(2), {});
    assertEquals(service.secrets.get(KEY), {
      version: 5,
      data: { X: deliveryOf(2).token },
      customMetadata: { owner: "ada", "herotate:X": "g2 20260103T000000Z" },
    });
  });
});

Deno.test("vault-kv2 makes no new version of what is already there", async () => {
  await withService(startVault(), async (service) => {
    assertEquals(await targetAt(service).deliver(deliveryOf(1), {}), { changed: true });
    assertEquals(await targetAt(service).deliver(deliveryOf(1), {}), { changed: false });
    assertEquals(service.secrets.get(KEY)?.version, 1);
    assertEquals(service.requests.map(({ method }) => method), ["GET", "POST", "PATCH", "GET"]);
  });
});

Deno.test("vault-kv2 keeps generations apart by field", async () => {
  await withService(startVault(), async (service) => {
    await targetAt(service, { key: "Y" }).deliver(deliveryOf(9), {});
    await targetAt(service).deliver(deliveryOf(1), {});
    assertEquals(service.secrets.get(KEY)?.data, {
      Y: deliveryOf(9).token,
      X: deliveryOf(1).token,
    });
  });
});

Deno.test("vault-kv2 overwrites nothing that was written since it read", async () => {
  await withService(startVault(), async (service) => {
    await targetAt(service).deliver(deliveryOf(1), {});
    let raced = 0;
    service.setFault(({ method }) => {
      const held = service.secrets.get(KEY);
      if (method === "PATCH" && raced++ === 0 && held) {
        // The newer generation is delivered between the older one's reading and writing.
        service.secrets.set(KEY, {
          version: held.version + 1,
          data: { X: deliveryOf(3).token },
          customMetadata: { "herotate:X": "g3 20260104T000000Z" },
        });
      }
      return undefined;
    });
    const error = await assertRejects(
      () => targetAt(service).deliver(deliveryOf(2), {}),
      TargetError,
    );
    assertEquals([error.code, error.retryable], ["unavailable", true]);
    assertEquals(service.secrets.get(KEY)?.data, { X: deliveryOf(3).token });
    const again = await assertRejects(
      () => targetAt(service).deliver(deliveryOf(2), {}),
      TargetError,
    );
    assertEquals(again.code, "superseded");
  });
});

Deno.test("vault-kv2 notes a generation whose note was lost", async () => {
  await withService(startVault(), async (service) => {
    service.setFault(({ path }) =>
      path.includes("/metadata/") ? new Response(null, { status: 503 }) : undefined
    );
    await assertRejects(() => targetAt(service).deliver(deliveryOf(1), {}), TargetError);
    assertEquals(service.secrets.get(KEY)?.customMetadata, {});
    service.setFault(undefined);
    await targetAt(service).deliver(deliveryOf(1), {});
    assertEquals(service.secrets.get(KEY)?.version, 1);
    assertEquals(service.secrets.get(KEY)?.customMetadata["herotate:X"], "g1 20260102T000000Z");
  });
});

Deno.test("vault-kv2 names its namespace, and mounts with slashes", async () => {
  await withService(startVault(), async (service) => {
    const target = targetAt(service, { namespace: "admin/ci", mount: "a/b" });
    await assertRejects(() => target.deliver(deliveryOf(1), {}), TargetError);
    const [{ headers, path }] = service.requests;
    assertEquals([headers.get("x-vault-namespace"), path], ["admin/ci", "/v1/a/b/data/ci/heroku"]);
  });
});

for (
  const [status, code] of [[412, "unavailable"], [472, "unavailable"], [473, "unavailable"], [
    400,
    "invalid_value",
  ]] as const
) {
  Deno.test(`vault-kv2 takes ${status} for ${code}`, async () => {
    await withService(startVault(), async (service) => {
      service.setFault(() => Response.json({ errors: ["No"] }, { status }));
      const error = await assertRejects(
        () => targetAt(service).deliver(deliveryOf(1), {}),
        TargetError,
      );
      assertEquals(error.code, code);
    });
  });
}
