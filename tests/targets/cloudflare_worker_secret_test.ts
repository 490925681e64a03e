import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { TargetError } from "../../lib/targets/target.ts";
import { createTarget } from "./create_target.ts";
import { deliveryOf } from "./delivery_of.ts";
import { type CloudflareService, startCloudflare } from "./services/cloudflare.ts";
import { withService } from "./with_service.ts";

const ACCOUNT = "0123456789abcdef0123456789abcdef";
const WORKER = `${ACCOUNT}/acme-web`;

function targetAt(service: CloudflareService, fetching: typeof fetch = fetch) {
  if (!service.workers.has(WORKER)) service.workers.set(WORKER, new Map([["X", "old"]]));
  return createTarget("cloudflare-worker-secret", {
    service,
    config: { account: ACCOUNT, script: "acme-web", name: "X", base_url: service.url },
    secrets: { CLOUDFLARE_API_TOKEN: service.token },
  }, fetching);
}

Deno.test("cloudflare-worker-secret makes a version that serves at once", async () => {
  await withService(startCloudflare(), async (service) => {
    const target = targetAt(service);
    const receipt = await target.deliver(deliveryOf(1), {});
    assertEquals(service.serving(WORKER, "X"), [deliveryOf(1).token]);
    assertEquals((await target.confirm(deliveryOf(1), receipt, {})).kind, "existence");
  });
});

Deno.test("cloudflare-worker-secret finds that a rollback has brought an older value back", async () => {
  await withService(startCloudflare(), async (service) => {
    const target = targetAt(service);
    const before = service.upload(WORKER);
    service.deploy(WORKER, before.id);
    const receipt = await target.deliver(deliveryOf(1), {});
    service.deploy(WORKER, before.id);
    assertEquals(service.serving(WORKER, "X"), ["old"]);
    const error = await assertRejects(
      () => target.confirm(deliveryOf(1), receipt, {}),
      TargetError,
      "an older version of the Worker",
    );
    assertEquals([error.code, error.retryable], ["mismatch", true]);
  });
});

Deno.test("cloudflare-worker-secret finds that an older version serves a part", async () => {
  await withService(startCloudflare(), async (service) => {
    const target = targetAt(service);
    const before = service.upload(WORKER);
    service.deploy(WORKER, before.id);
    const receipt = await target.deliver(deliveryOf(1), {});
    const after = service.upload(WORKER);
    service.deploy(WORKER, before.id, after.id);
    const error = await assertRejects(
      () => target.confirm(deliveryOf(1), receipt, {}),
      TargetError,
    );
    assertEquals(error.code, "mismatch");
  });
});

Deno.test("cloudflare-worker-secret takes newer versions, also two at a time", async () => {
  await withService(startCloudflare(), async (service) => {
    const target = targetAt(service);
    const receipt = await target.deliver(deliveryOf(1), {});
    const [one, two] = [service.upload(WORKER), service.upload(WORKER)];
    for (const ids of [[one.id], [one.id, two.id]]) {
      service.deploy(WORKER, ...ids);
      assertEquals(new Set(service.serving(WORKER, "X")), new Set([deliveryOf(1).token]));
      assertEquals((await target.confirm(deliveryOf(1), receipt, {})).kind, "existence");
    }
  });
});

Deno.test("cloudflare-worker-secret goes without the versions where Cloudflare does not show them", async () => {
  for (const status of [403, 404, 500, 200]) {
    await withService(startCloudflare(), async (service) => {
      const target = targetAt(service);
      service.setFault(({ path }) =>
        /\/(?:deployments|versions)\b/.test(path) ? Response.json({}, { status }) : undefined
      );
      const receipt = await target.deliver(deliveryOf(1), {});
      assertEquals(service.workers.get(WORKER)?.get("X"), deliveryOf(1).token);
      assertEquals((await target.confirm(deliveryOf(1), receipt, {})).kind, "existence");
    });
  }
});

Deno.test("cloudflare-worker-secret writes nothing while a newer version waits to be deployed", async () => {
  await withService(startCloudflare(), async (service) => {
    const target = targetAt(service);
    service.upload(WORKER);
    const error = await assertRejects(() => target.deliver(deliveryOf(1), {}), TargetError);
    assertEquals([error.code, error.retryable], ["invalid_value", false]);
    assertStringIncludes(error.message, "wrangler versions deploy");
    assertEquals(service.serving(WORKER, "X"), ["old"]);
  });
});

Deno.test("cloudflare-worker-secret names a variable that is no secret", async () => {
  await withService(startCloudflare(), async (service) => {
    service.variables.set(WORKER, ["X"]);
    const error = await assertRejects(
      () => targetAt(service).deliver(deliveryOf(1), {}),
      TargetError,
      "already in use",
    );
    assertEquals(error.code, "invalid_value");
    assertStringIncludes(error.message, "[vars]");
  });
});

for (
  const [status, code, message, expected] of [
    [403, 9109, "Invalid access token", "unauthorized"],
    [403, 9109, "Cannot use the access token from location: 2a06:98c0::1", "forbidden"],
    [403, 9109, "Unauthorized to access requested resource", "forbidden"],
    [401, 9109, "Unauthorized to access requested resource", "forbidden"],
    [400, 1000, "Invalid API Token", "unauthorized"],
    [400, 6003, "Invalid request headers", "unauthorized"],
    [400, 6111, "Invalid format for Authorization header", "unauthorized"],
    [403, 10000, "Authentication error", "forbidden"],
    [404, 10007, "workers.api.error.script_not_found", "not_found"],
    [
      400,
      7003,
      "Could not route to /accounts/x, perhaps your object identifier is invalid?",
      "not_found",
    ],
    [400, 10013, "workers.api.error.unknown", "unavailable"],
    [500, 10013, "workers.api.error.unknown", "unavailable"],
  ] as const
) {
  Deno.test(`Cloudflare's ${status} with code ${code} '${message}' is ${expected}`, async () => {
    await withService(startCloudflare(), async (service) => {
      service.setFault(() =>
        Response.json({ success: false, errors: [{ code, message }], result: null }, { status })
      );
      const error = await assertRejects(
        () => targetAt(service).deliver(deliveryOf(1), {}),
        TargetError,
      );
      assertEquals(error.code, expected, error.message);
      assertEquals(service.workers.get(WORKER)?.get("X"), "old");
    });
  });
}

for (
  const [headers, wait] of [
    [{ "retry-after": "9" }, 9_000],
    [{ ratelimit: '"default";r=0;t=30', "ratelimit-policy": '"default";q=1200;w=300' }, 30_000],
    [{}, 300_000],
  ] as const
) {
  Deno.test(`cloudflare-worker-secret waits ${wait} ms after ${JSON.stringify(headers)}`, async () => {
    await withService(startCloudflare(), async (service) => {
      service.setFault(() => Response.json({ success: false }, { status: 429, headers }));
      const error = await assertRejects(
        () => targetAt(service).deliver(deliveryOf(1), {}),
        TargetError,
      );
      assertEquals([error.code, error.retryAfter], ["rate_limited", wait]);
    });
  });
}

for (const status of [502, 520, 524, 530]) {
  Deno.test(`cloudflare-worker-secret waits out a page of ${status} from the edge`, async () => {
    await withService(startCloudflare(), async (service) => {
      const headers = { "content-type": "text/html" };
      service.setFault(() => new Response("<h1>Error</h1>", { status, headers }));
      const error = await assertRejects(
        () => targetAt(service).deliver(deliveryOf(1), {}),
        TargetError,
        "an HTML page",
      );
      assertEquals(error.code, "unavailable");
    });
  });
}
