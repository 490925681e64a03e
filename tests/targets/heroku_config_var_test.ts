import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
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
    await targetAt(service, { token_secret: "OTHER_TOKEN" }).deliver(deliveryOf(1), {});
    const error = await assertRejects(
      () => targetAt(service, { token_secret: "NO_TOKEN" }).deliver(deliveryOf(1), {}),
      TargetError,
      "NO_TOKEN",
    );
    assertEquals(error.code, "unauthorized");
  });
});

Deno.test("heroku-config-var reports a value that Heroku took and did not keep", async () => {
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

/** How long the release command of an app takes, in milliseconds. */
const RELEASE_PHASE = 300_000;

/** An app with a release phase, whose config var holds an old value. */
async function withReleasePhase(
  run: (service: HerokuService, held: () => string | undefined) => Promise<void>,
): Promise<void> {
  await withService(startHeroku(), async (service) => {
    service.apps.set("acme-web", { HEROKU_API_KEY: "old", RAILS_ENV: "production" });
    service.traits.releasePhase = RELEASE_PHASE;
    await run(service, () => service.apps.get("acme-web")?.HEROKU_API_KEY);
  });
}

async function failureOf(run: () => Promise<unknown>): Promise<TargetError> {
  return await assertRejects(run, TargetError);
}

Deno.test("One delivery to an app with a release phase makes one release, proven when it is over", async () => {
  await withReleasePhase(async (service, held) => {
    const receipt = await targetAt(service).deliver(deliveryOf(1), {});
    assertEquals(held(), "old");
    // A later try, with the receipt or without it, makes no further release.
    for (let minutes = 1; minutes < 5; minutes++) {
      service.advance(60_000);
      const error = await failureOf(() => targetAt(service).confirm(deliveryOf(1), receipt, {}));
      assertEquals([error.code, error.retryable], ["unavailable", true], error.message);
      assert(error.retryAfter !== undefined && error.retryAfter <= 120_000);
      assertStringIncludes(error.message, "v1");
      await targetAt(service).deliver(deliveryOf(1), {});
    }
    service.advance(60_000);
    assertEquals((await targetAt(service).confirm(deliveryOf(1), receipt, {})).kind, "exact");
    assertEquals([held(), service.releases.get("acme-web")], [deliveryOf(1).token, 1]);
    assertEquals(await targetAt(service).deliver(deliveryOf(1), {}), { changed: false });
    assertEquals(service.releases.get("acme-web"), 1);
  });
});

Deno.test("A delivery waits for a release that someone else has under way", async () => {
  await withReleasePhase(async (service, held) => {
    service.deploy("acme-web");
    const error = await failureOf(() => targetAt(service).deliver(deliveryOf(1), {}));
    assertEquals([error.code, error.retryable], ["unavailable", true], error.message);
    assertEquals(service.releases.get("acme-web"), 1);
    service.advance(RELEASE_PHASE);
    await targetAt(service).deliver(deliveryOf(1), {});
    service.advance(RELEASE_PHASE);
    assertEquals((await targetAt(service).confirm(deliveryOf(1), {}, {})).kind, "exact");
    assertEquals([held(), service.releases.get("acme-web")], [deliveryOf(1).token, 2]);
  });
});

Deno.test("Two tokens for one app are released one after the other", async () => {
  await withReleasePhase(async (service) => {
    const other = targetAt(service, { name: "OTHER_KEY" });
    await targetAt(service).deliver(deliveryOf(1), {});
    await failureOf(() => other.deliver(deliveryOf(2), {}));
    service.advance(RELEASE_PHASE);
    await other.deliver(deliveryOf(2), {});
    service.advance(RELEASE_PHASE);
    assertEquals((await other.confirm(deliveryOf(2), {}, {})).kind, "exact");
    assertEquals((await targetAt(service).confirm(deliveryOf(1), {}, {})).kind, "exact");
    assertEquals(service.releases.get("acme-web"), 2);
  });
});

Deno.test("A release that fails leaves the old value, and the error says where to look", async () => {
  await withReleasePhase(async (service, held) => {
    service.traits.releasesFail = true;
    const receipt = await targetAt(service).deliver(deliveryOf(1), {});
    service.advance(RELEASE_PHASE);
    for (let round = 0; round < 3; round++) {
      const error = await failureOf(() => targetAt(service).confirm(deliveryOf(1), receipt, {}));
      assertEquals(error.code, "mismatch", error.message);
      assertStringIncludes(error.message, "release v1 failed");
      assertStringIncludes(error.message, "heroku releases:output v1 --app acme-web");
    }
    assertEquals([held(), service.releases.get("acme-web")], ["old", 1]);
    // The next attempt delivers again.
    service.traits.releasesFail = false;
    const again = await targetAt(service).deliver(deliveryOf(1), {});
    service.advance(RELEASE_PHASE);
    assertEquals((await targetAt(service).confirm(deliveryOf(1), again, {})).kind, "exact");
    assertEquals([held(), service.releases.get("acme-web")], [deliveryOf(1).token, 2]);
  });
});

Deno.test("A release command that fails at once is reported by the delivery", async () => {
  await withReleasePhase(async (service) => {
    service.traits.releasePhase = 0;
    service.traits.releasesFail = true;
    const error = await failureOf(() => targetAt(service).deliver(deliveryOf(1), {}));
    assertEquals(error.code, "mismatch");
    assertStringIncludes(error.message, "release v1 failed");
  });
});

Deno.test("A token that may not see the releases delivers to an app with a release phase once", async () => {
  await withReleasePhase(async (service) => {
    service.traits.showsReleases = false;
    const target = targetAt(service);
    const receipt = await target.deliver(deliveryOf(1), {});
    const error = await failureOf(() => target.confirm(deliveryOf(1), receipt, {}));
    assertEquals([error.code, error.retryable], ["mismatch", true]);
    assertStringIncludes(error.message, "release command");
    await target.deliver(deliveryOf(1), {});
    service.advance(RELEASE_PHASE);
    assertEquals((await target.confirm(deliveryOf(1), receipt, {})).kind, "exact");
    assertEquals(service.releases.get("acme-web"), 1);
  });
});

for (const showsReleases of [true, false]) {
  Deno.test(`A first config var is waited for, with ${showsReleases ? "" : "no "}sight of the releases`, async () => {
    await withReleasePhase(async (service) => {
      service.apps.set("acme-web", {});
      service.traits.showsReleases = showsReleases;
      const receipt = await targetAt(service).deliver(deliveryOf(1), {});
      service.advance(RELEASE_PHASE);
      assertEquals((await targetAt(service).confirm(deliveryOf(1), receipt, {})).kind, "exact");
      assertEquals(service.releases.get("acme-web"), 1);
    });
  });
}

Deno.test("heroku-config-var leaves a config var of an add-on alone and says so", async () => {
  await withService(startHeroku(), async (service) => {
    service.apps.set("acme-web", { HEROKU_API_KEY: "the add-on's" });
    service.traits.addOnVars = ["HEROKU_API_KEY"];
    const error = await failureOf(() => targetAt(service).deliver(deliveryOf(1), {}));
    assertEquals([error.code, error.retryable], ["invalid_value", false]);
    assertStringIncludes(error.message, "add-on");
    assertEquals(service.apps.get("acme-web"), { HEROKU_API_KEY: "the add-on's" });
  });
});

Deno.test("A config var of another type beside ours stops no delivery", async () => {
  await withService(startHeroku(), async (service) => {
    service.apps.set("acme-web", {});
    const target = targetAt(service);
    await target.deliver(deliveryOf(1), {});
    const vars = { HEROKU_API_KEY: deliveryOf(1).token, PORT: 80, EMPTY: null };
    service.setFault(({ method }) => method === "GET" ? Response.json(vars) : undefined);
    assertEquals((await target.confirm(deliveryOf(1), {}, {})).kind, "exact");
  });
});

for (
  const [status, id, words, code] of [
    [402, "delinquent", "There's an issue with your account", "forbidden"],
    [403, "suspended", "Your account has been suspended", "forbidden"],
    [403, "two_factor", "A second authentication factor is needed", "forbidden"],
    [409, "conflict", "Another release is being made", "unavailable"],
    [422, "invalid_params", "A release is already running", "unavailable"],
    [503, "service_unavailable", "The API is in read-only mode", "unavailable"],
  ] as const
) {
  Deno.test(`heroku-config-var takes ${status} '${words}' for ${code}`, async () => {
    await withService(startHeroku(), async (service) => {
      service.apps.set("acme-web", { HEROKU_API_KEY: "old" });
      service.setFault(({ method }) =>
        method === "PATCH" ? Response.json({ id, message: words }, { status }) : undefined
      );
      const error = await failureOf(() => targetAt(service).deliver(deliveryOf(1), {}));
      assertEquals(error.code, code, error.message);
      assertStringIncludes(error.message, words);
      assertEquals(service.apps.get("acme-web"), { HEROKU_API_KEY: "old" });
    });
  });
}

for (
  const [what, list, expected] of [
    [
      "oldest first",
      [{ version: 8, status: "succeeded" }, { version: 9, status: "pending" }],
      "v9",
    ],
    ["numbers as text", [{ version: "9", status: "pending" }], "v9"],
    ["no numbers", [{ id: "01234567-89ab", status: "pending" }], "the newest one"],
  ] as const
) {
  Deno.test(`A release under way is seen in a list with ${what}`, async () => {
    await withService(startHeroku(), async (service) => {
      service.apps.set("acme-web", { HEROKU_API_KEY: "old" });
      service.setFault(({ path }) => path.endsWith("/releases") ? Response.json(list) : undefined);
      const error = await failureOf(() => targetAt(service).deliver(deliveryOf(1), {}));
      assertEquals(error.code, "unavailable");
      assertStringIncludes(error.message, `release ${expected} of the app is under way`);
      assertEquals(service.releases.get("acme-web"), 0);
    });
  });
}

for (const status of [400, 401, 403, 404, 406, 416]) {
  Deno.test(`A ${status} for the list of releases stops no delivery`, async () => {
    await withService(startHeroku(), async (service) => {
      service.apps.set("acme-web", { HEROKU_API_KEY: "old" });
      service.setFault(({ path }) =>
        path.endsWith("/releases") ? Response.json({ id: "no" }, { status }) : undefined
      );
      await targetAt(service).deliver(deliveryOf(1), {});
      assertEquals((await targetAt(service).confirm(deliveryOf(1), {}, {})).kind, "exact");
      assertEquals(service.releases.get("acme-web"), 1);
    });
  });
}

Deno.test("A list of releases that fails for now is asked again before anything is written", async () => {
  await withReleasePhase(async (service) => {
    const receipt = await targetAt(service).deliver(deliveryOf(1), {});
    service.setFault(({ path }) =>
      path.endsWith("/releases") ? new Response("", { status: 500 }) : undefined
    );
    for (
      const run of [
        () => targetAt(service).deliver(deliveryOf(1), {}),
        () => targetAt(service).confirm(deliveryOf(1), receipt, {}),
      ]
    ) {
      assertEquals((await failureOf(run)).code, "unavailable");
    }
    service.setFault(undefined);
    await targetAt(service).deliver(deliveryOf(1), {});
    assertEquals(service.releases.get("acme-web"), 1);
  });
});
