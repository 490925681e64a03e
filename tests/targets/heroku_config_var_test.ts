import { assertEquals, assertRejects } from "@std/assert";
import { TargetError } from "../../lib/targets/target.ts";
import { createTarget } from "./create_target.ts";
import { deliveryOf } from "./delivery_of.ts";
import { type HerokuService, startHeroku } from "./services/heroku.ts";
import { withService } from "./with_service.ts";

function targetAt(service: HerokuService, config: Readonly<Record<string, unknown>> = {}) {
  return createTarget("heroku-config-var", {
    service,
    herokuBaseUrl: service.url,
    config: { app: "acme-web", name: "HEROKU_API_KEY", ...config },
    secrets: { HEROKU_API_TOKEN: service.token, OTHER_TOKEN: service.token },
  });
}

Deno.test("heroku-config-var restarts the app's dynos only for a new value", async () => {
  await withService(startHeroku(), async (service) => {
    service.apps.set("acme-web", {});
    const target = targetAt(service);
    assertEquals(await target.deliver(deliveryOf(1), {}), { changed: true });
    assertEquals(await target.deliver(deliveryOf(1), {}), { changed: false });
    assertEquals(service.releases.get("acme-web"), 1);
    assertEquals(await target.deliver(deliveryOf(2), {}), { changed: true });
    assertEquals(service.releases.get("acme-web"), 2);
  });
});

Deno.test("heroku-config-var takes its token from the secret that is named", async () => {
  await withService(startHeroku(), async (service) => {
    service.apps.set("acme-web", {});
    await targetAt(service, { token: "OTHER_TOKEN" }).deliver(deliveryOf(1), {});
    const error = await assertRejects(
      () => targetAt(service, { token: "NO_TOKEN" }).deliver(deliveryOf(1), {}),
      TargetError,
      "NO_TOKEN",
    );
    assertEquals(error.code, "unauthorized");
  });
});

Deno.test("heroku-config-var tells a value that Heroku took and did not keep", async () => {
  await withService(startHeroku(), async (service) => {
    service.apps.set("acme-web", {});
    service.setFault(({ method }) => method === "PATCH" ? Response.json({ A: "b" }) : undefined);
    const error = await assertRejects(
      () => targetAt(service).deliver(deliveryOf(1), {}),
      TargetError,
    );
    assertEquals(error.code, "mismatch");
  });
});
