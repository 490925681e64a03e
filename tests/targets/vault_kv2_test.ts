import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
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
    config: { base_url: service.url, path: "ci/heroku", key: "X", ...config },
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
    assertEquals(service.requests.map(({ method }) => method), [
      "GET",
      "PATCH",
      "POST",
      "PATCH",
      "GET",
    ]);
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

Deno.test("vault-kv2 writes nothing into an engine of version 1", async () => {
  await withService(startVault(), async (service) => {
    for (
      const held of [
        new Map(),
        new Map([["data/ci/heroku", { X: "a secret of somebody's" }]]),
        new Map([["data/ci/heroku", { options: { cas: 0 }, data: { X: "old" } }]]),
      ]
    ) {
      service.plainMounts.set("secret", held);
      const before = structuredClone(held);
      for (let attempt = 0; attempt < 2; attempt++) {
        const error = await assertRejects(
          () => targetAt(service).deliver(deliveryOf(1), {}),
          TargetError,
          "version 2",
        );
        assertEquals([error.code, error.retryable], ["not_found", false]);
      }
      assertEquals(held, before);
    }
    const sent = service.requests.map(({ text }) => text).join();
    assertEquals(sent.includes(deliveryOf(1).token), false);
  });
});

Deno.test("vault-kv2 sends no token where there is no engine, and takes none for gone", async () => {
  await withService(startVault(), async (service) => {
    await targetAt(service).deliver(deliveryOf(1), {});
    const target = targetAt(service, { mount: "gone" });
    for (
      const run of [
        () => target.deliver(deliveryOf(2), {}),
        () => target.confirm(deliveryOf(2), {}, {}),
      ]
    ) {
      const error = await assertRejects(run, TargetError, "no handler for route");
      assertEquals(error.code, "not_found");
    }
    const sent = service.requests.map(({ text }) => text).join();
    assertEquals(sent.includes(deliveryOf(2).token), false);
  });
});

Deno.test("vault-kv2 says that an old Vault cannot change one field of several", async () => {
  await withService(startVault(), async (service) => {
    service.mood.patches = "nothing";
    service.secrets.set(KEY, { version: 1, data: { Y: "y" }, customMetadata: {} });
    const error = await assertRejects(
      () => targetAt(service).deliver(deliveryOf(1), {}),
      TargetError,
      "1.9",
    );
    assertEquals(error.code, "not_found");
    assertEquals(service.secrets.get(KEY)?.data, { Y: "y" });
  });
});

Deno.test("vault-kv2 delivers to a Vault that can change data, but no metadata", async () => {
  await withService(startVault(), async (service) => {
    service.mood.patches = "data";
    service.secrets.set(KEY, { version: 1, data: { Y: "y" }, customMetadata: { owner: "ada" } });
    const target = targetAt(service);
    const receipt = await target.deliver(deliveryOf(1), {});
    assertEquals(service.secrets.get(KEY)?.data, { Y: "y", X: deliveryOf(1).token });
    assertEquals(service.secrets.get(KEY)?.customMetadata, { owner: "ada" });
    assertEquals((await target.confirm(deliveryOf(1), receipt, {})).kind, "exact");
  });
});

Deno.test("vault-kv2 delivers again what somebody put back, and notes it where the note is gone", async () => {
  await withService(startVault(), async (service) => {
    const target = targetAt(service);
    await target.deliver(deliveryOf(1), {});
    // `vault kv rollback`, terraform apply and the like make a version; `vault kv metadata put`
    // replaces all custom metadata.
    service.secrets.set(KEY, { version: 2, data: { X: "old" }, customMetadata: {} });
    const receipt = await target.deliver(deliveryOf(1), {});
    assertEquals(service.secrets.get(KEY), {
      version: 3,
      data: { X: deliveryOf(1).token },
      customMetadata: { "herotate:X": "g1 20260102T000000Z" },
    });
    assertEquals((await target.confirm(deliveryOf(1), receipt, {})).kind, "exact");
  });
});

Deno.test("vault-kv2 waits while Vault gets its engine ready", async () => {
  await withService(startVault(), async (service) => {
    service.mood.upgrading = true;
    const error = await assertRejects(
      () => targetAt(service).deliver(deliveryOf(1), {}),
      TargetError,
      "Upgrading",
    );
    assertEquals([error.code, error.retryable], ["unavailable", true]);
    service.mood.upgrading = false;
    await targetAt(service).deliver(deliveryOf(1), {});
    assertEquals(service.secrets.get(KEY)?.data, { X: deliveryOf(1).token });
  });
});

Deno.test("vault-kv2 names the versions that it replaces where Vault demands it", async () => {
  await withService(startVault(), async (service) => {
    service.mood.casRequired = true;
    service.mood.metadataCasRequired = true;
    for (const generation of [1, 2]) {
      const target = targetAt(service);
      const receipt = await target.deliver(deliveryOf(generation), {});
      assertEquals((await target.confirm(deliveryOf(generation), receipt, {})).kind, "exact");
    }
    assertEquals(service.secrets.get(KEY)?.customMetadata, {
      "herotate:X": "g2 20260103T000000Z",
    });
  });
});

Deno.test("vault-kv2 loses nothing when a standby shows an older version", async () => {
  await withService(startVault(), async (service) => {
    await targetAt(service).deliver(deliveryOf(1), {});
    const held = service.secrets.get(KEY);
    assert(held);
    await targetAt(service, { key: "Y" }).deliver(deliveryOf(5), {});
    service.setStaleReads(1);
    const error = await assertRejects(
      () => targetAt(service).deliver(deliveryOf(2), {}),
      TargetError,
    );
    assertEquals(error.code, "unavailable");
    await targetAt(service).deliver(deliveryOf(2), {});
    assertEquals(service.secrets.get(KEY)?.data, {
      X: deliveryOf(2).token,
      Y: deliveryOf(5).token,
    });
    service.setStaleReads(1);
    const early = await assertRejects(
      () => targetAt(service).confirm(deliveryOf(2), {}, {}),
      TargetError,
    );
    assertEquals([early.code, early.retryable], ["mismatch", true]);
  });
});

Deno.test("vault-kv2 proves a version that Vault will delete, and says when it does", async () => {
  await withService(startVault(), async (service) => {
    service.mood.deleteVersionAfter = 86_400_000;
    const target = targetAt(service);
    const receipt = await target.deliver(deliveryOf(1), {});
    const { deletionTime } = service.secrets.get(KEY) ?? {};
    assert(deletionTime);
    const { kind, detail } = await target.confirm(deliveryOf(1), receipt, {});
    assertEquals(kind, "exact");
    assertStringIncludes(detail, `Vault deletes it at ${deletionTime}`);
  });
});

Deno.test("vault-kv2 makes the first version of a secret that has metadata only", async () => {
  await withService(startVault(), async (service) => {
    service.secrets.set(KEY, { version: 0, customMetadata: { owner: "ada" } });
    await targetAt(service).deliver(deliveryOf(1), {});
    assertEquals(service.secrets.get(KEY)?.data, { X: deliveryOf(1).token });
    assertEquals(service.secrets.get(KEY)?.customMetadata.owner, "ada");
  });
});

for (const key of ["X".repeat(100), "ключ".repeat(25), "a\u0001b"]) {
  Deno.test(`vault-kv2 notes the generation of a field named '${key}'`, async () => {
    await withService(startVault(), async (service) => {
      await targetAt(service, { key }).deliver(deliveryOf(2), {});
      assertEquals(service.secrets.get(KEY)?.data, { [key]: deliveryOf(2).token });
      const late = await assertRejects(
        () => targetAt(service, { key }).deliver(deliveryOf(1), {}),
        TargetError,
      );
      assertEquals(late.code, "superseded");
    });
  });
}

Deno.test("vault-kv2 says what to do where a secret has no room for more metadata", async () => {
  await withService(startVault(), async (service) => {
    const customMetadata = Object.fromEntries(
      Array.from({ length: 64 }, (_, at) => [`key${at}`, "x"]),
    );
    service.secrets.set(KEY, { version: 1, data: {}, customMetadata });
    const error = await assertRejects(
      () => targetAt(service).deliver(deliveryOf(1), {}),
      TargetError,
      "custom metadata",
    );
    assertEquals(error.code, "invalid_value");
  });
});

Deno.test("vault-kv2 names a secret whose readers need an approval", async () => {
  await withService(startVault(), async (service) => {
    service.mood.controlled = true;
    service.secrets.set(KEY, { version: 1, data: { X: "old" }, customMetadata: {} });
    const error = await assertRejects(
      () => targetAt(service).deliver(deliveryOf(1), {}),
      TargetError,
      "control group",
    );
    assertEquals(error.code, "forbidden");
  });
});

for (
  const [namespace, mount, key] of [
    ["admin/ci", "secret", "admin/ci/secret/ci/heroku"],
    ["admin/ci/", "secret/", "admin/ci/secret/ci/heroku"],
    [undefined, "admin/ci/secret", "admin/ci/secret/ci/heroku"],
    [undefined, "teams/web/kv/", "teams/web/kv/ci/heroku"],
  ] as const
) {
  Deno.test(`vault-kv2 delivers to the mount '${mount}' in the namespace '${namespace}'`, async () => {
    await withService(startVault(), async (service) => {
      service.mounts.add("admin/ci/secret").add("teams/web/kv");
      await targetAt(service, { namespace, mount }).deliver(deliveryOf(1), {});
      assertEquals(service.secrets.get(key)?.data, { X: deliveryOf(1).token });
    });
  });
}

Deno.test("vault-kv2 tries again where a standby names the active node, and asks no other", async () => {
  await withService(startVault(), async (service) => {
    const location = "https://10.0.0.7:8200/v1/secret/data/ci/heroku";
    service.setFault(() => new Response(null, { status: 307, headers: { location } }));
    const error = await assertRejects(
      () => targetAt(service).deliver(deliveryOf(1), {}),
      TargetError,
      "a redirect to https://10.0.0.7:8200/v1/secret/data/ci/heroku, and none is followed",
    );
    assertEquals([error.code, error.retryable], ["unavailable", true]);
    service.setFault(undefined);
    await targetAt(service).deliver(deliveryOf(1), {});
    assertEquals(service.secrets.get(KEY)?.data, { X: deliveryOf(1).token });
  });
});

for (
  const [status, words, code] of [
    [503, "Vault is sealed", "unavailable"],
    [400, "path disabled in replication DR secondary mode", "unavailable"],
    [400, "error performing token check: cannot write to readonly storage", "unavailable"],
    [412, "required index state not present", "unavailable"],
    [472, "", "unavailable"],
    [473, "", "unavailable"],
    [474, "", "unavailable"],
    [400, "No", "invalid_value"],
    [403, "1 error occurred:\n\t* permission denied\n\n", "forbidden"],
    [403, "bad token", "unauthorized"],
    [405, "unsupported operation", "not_found"],
    [400, "1 error occurred:\n\t* unsupported operation\n\n", "not_found"],
    [413, "http: request body too large", "invalid_value"],
  ] as const
) {
  Deno.test(`vault-kv2 takes ${status} '${words.trim()}' for ${code}`, async () => {
    await withService(startVault(), async (service) => {
      service.setFault(() => Response.json({ errors: [words] }, { status }));
      const error = await assertRejects(
        () => targetAt(service).deliver(deliveryOf(1), {}),
        TargetError,
      );
      assertEquals(error.code, code);
    });
  });
}
