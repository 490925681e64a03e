import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { TargetError } from "../../lib/targets/target.ts";
import { createTarget } from "./create_target.ts";
import { deliveryOf } from "./delivery_of.ts";
import { type DopplerSecret, type DopplerService, startDoppler } from "./services/doppler.ts";
import { withService } from "./with_service.ts";

const OLD = { value: "old", note: "Ask Ada" };

function targetAt(service: DopplerService, config: Readonly<Record<string, unknown>> = {}) {
  return createTarget("doppler", {
    service,
    config: { project: "web", config: "prd", name: "X", base_url: service.url, ...config },
    secrets: { DOPPLER_TOKEN: service.token },
  });
}

function configOf(service: DopplerService, secrets: Record<string, DopplerSecret> = {}) {
  service.configs.set("web/prd", secrets);
  return secrets;
}

Deno.test("A restricted secret in Doppler proves its existence to a token that may not read it", async () => {
  await withService(startDoppler(), async (service) => {
    service.traits.readsRestricted = false;
    const held = configOf(service, { X: { ...OLD, visibility: "restricted" } });
    const target = targetAt(service);
    assertEquals(await target.deliver(deliveryOf(1), {}), { changed: true });
    assertEquals(held.X, { ...OLD, visibility: "restricted", value: deliveryOf(1).token });
    const proof = await target.confirm(deliveryOf(1), { changed: true }, {});
    assertEquals(proof.kind, "existence");
    delete held.X;
    const error = await assertRejects(() => target.confirm(deliveryOf(1), {}, {}), TargetError);
    assertEquals(error.code, "mismatch");
  });
});

Deno.test("A restricted secret in Doppler is read by a service token, and left alone when equal", async () => {
  await withService(startDoppler(), async (service) => {
    configOf(service, { X: { ...OLD, visibility: "restricted" } });
    const target = targetAt(service);
    await target.deliver(deliveryOf(1), {});
    assertEquals(await target.deliver(deliveryOf(1), {}), { changed: false });
    assertEquals((await target.confirm(deliveryOf(1), {}, {})).kind, "exact");
    assertEquals(service.writes(), 1);
  });
});

for (const missing of ["null", 404] as const) {
  Deno.test(`A missing secret that Doppler answers with ${missing} is made, and is no proof`, async () => {
    await withService(startDoppler(), async (service) => {
      service.traits.missing = missing;
      const held = configOf(service);
      const target = targetAt(service);
      await target.deliver(deliveryOf(1), {});
      assertEquals(held.X.value, deliveryOf(1).token);
      delete held.X;
      const error = await assertRejects(() => target.confirm(deliveryOf(1), {}, {}), TargetError);
      assertEquals(error.code, "mismatch");
      assertStringIncludes(error.message, "is not there");
    });
  });
}

Deno.test("A config that is gone is not taken for a secret that is", async () => {
  await withService(startDoppler(), async (service) => {
    const held = configOf(service);
    const target = targetAt(service);
    await target.deliver(deliveryOf(1), {});
    assert(held.X);
    service.configs.clear();
    const error = await assertRejects(() => target.confirm(deliveryOf(1), {}, {}), TargetError);
    assertEquals([error.code, error.retryable], ["not_found", false]);
  });
});

Deno.test("A token for another config is forbidden, although Doppler says 400", async () => {
  await withService(startDoppler(), async (service) => {
    const held = configOf(service, { X: OLD });
    const target = createTarget("doppler", {
      service,
      config: { project: "web", config: "prd", name: "X", base_url: service.url },
      secrets: { DOPPLER_TOKEN: service.narrowToken },
    });
    const error = await assertRejects(() => target.deliver(deliveryOf(1), {}), TargetError);
    assertEquals(error.code, "forbidden");
    assertStringIncludes(error.message, "read and write 'web/prd'");
    assertEquals(held.X, OLD);
  });
});

Deno.test("A write that Doppler asks to repeat is repeated", async () => {
  await withService(startDoppler(), async (service) => {
    const held = configOf(service, { X: OLD });
    service.traits.conflicts = 1;
    const target = targetAt(service);
    const error = await assertRejects(() => target.deliver(deliveryOf(1), {}), TargetError);
    assertEquals([error.code, error.retryable], ["unavailable", true]);
    await target.deliver(deliveryOf(1), {});
    assertEquals(held.X.value, deliveryOf(1).token);
  });
});

Deno.test("A project and a config in capitals are the ones in small letters", async () => {
  await withService(startDoppler(), async (service) => {
    const held = configOf(service);
    const target = targetAt(service, { project: "WEB", config: "PRD" });
    await target.deliver(deliveryOf(1), {});
    assertEquals(held.X.value, deliveryOf(1).token);
    assertEquals((await target.confirm(deliveryOf(1), {}, {})).kind, "exact");
  });
});

Deno.test("A value that Doppler computes to another one is no proof", async () => {
  await withService(startDoppler(), async (service) => {
    configOf(service, { HOST: { value: "db.internal", note: "" } });
    const target = targetAt(service);
    const delivery = { ...deliveryOf(1), token: "HRKU-${HOST}-0123456789" };
    const receipt = await target.deliver(delivery, {});
    const error = await assertRejects(() => target.confirm(delivery, receipt, {}), TargetError);
    assertEquals([error.code, error.retryable], ["invalid_value", false], error.message);
    assertStringIncludes(error.message, "reference");
  });
});

Deno.test("A value that Doppler cannot compute is refused in its words", async () => {
  await withService(startDoppler(), async (service) => {
    const held = configOf(service);
    const delivery = { ...deliveryOf(1), token: "${NOWHERE}" };
    const error = await assertRejects(
      () => targetAt(service).deliver(delivery, {}),
      TargetError,
      "cannot resolve the reference",
    );
    assertEquals(error.code, "invalid_value");
    assertEquals(held, {});
  });
});

Deno.test("A config that inherits a secret gets one of its own, and the parent keeps its value", async () => {
  await withService(startDoppler(), async (service) => {
    const parent = { X: OLD };
    const own = configOf(service);
    service.configs.set("shared/prd", parent);
    service.inherits.set("web/prd", "shared/prd");
    const target = targetAt(service);
    await target.deliver(deliveryOf(1), {});
    assertEquals([own.X.value, parent.X], [deliveryOf(1).token, OLD]);
    assertEquals((await target.confirm(deliveryOf(1), {}, {})).kind, "exact");
  });
});

Deno.test("A secret of which Doppler gives only the computed value is proven by that", async () => {
  await withService(startDoppler(), async (service) => {
    configOf(service);
    const target = targetAt(service);
    await target.deliver(deliveryOf(1), {});
    const value = { raw: null, computed: deliveryOf(1).token, computedVisibility: "masked" };
    service.setFault(({ method }) => method === "GET" ? Response.json({ value }) : undefined);
    assertEquals((await target.confirm(deliveryOf(1), {}, {})).kind, "exact");
    assertEquals(await target.deliver(deliveryOf(1), {}), { changed: false });
    const error = await assertRejects(() => target.confirm(deliveryOf(2), {}, {}), TargetError);
    assertEquals(error.code, "mismatch");
  });
});
