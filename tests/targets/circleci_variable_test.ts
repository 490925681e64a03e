import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { type Delivery, TargetError } from "../../lib/targets/target.ts";
import { createTarget } from "./create_target.ts";
import { deliveryOf } from "./delivery_of.ts";
import { type CircleCIService, type CircleCITraits, startCircleCI } from "./services/circleci.ts";
import { withService } from "./with_service.ts";

const CONTEXT = "a5ab0a3b-3ea5-4a0e-a0f5-0b4f4c2f7a11";
const OLD = { value: "1", createdAt: "2026-01-01T00:00:00Z", updatedAt: "2026-01-01T00:00:00Z" };

function projectTarget(service: CircleCIService, project = "gh/acme/web") {
  return createTarget("circleci-project-variable", {
    service,
    config: { project, name: "X", base_url: service.url },
    secrets: { CIRCLECI_TOKEN: service.token },
  });
}

function contextTarget(service: CircleCIService) {
  return createTarget("circleci-context-variable", {
    service,
    config: { context: CONTEXT, name: "X", base_url: service.url },
    secrets: { CIRCLECI_TOKEN: service.token },
  });
}

for (const project of ["gh/acme/.github", "github/octocat_acme/web", "bitbucket/acme/web"]) {
  Deno.test(`A token reaches the CircleCI project ${project}`, async () => {
    await withService(startCircleCI(), async (service) => {
      const held = new Map<string, string>();
      const [system, ...names] = project.split("/");
      service.projects.set([system.startsWith("b") ? "bb" : "gh", ...names].join("/"), held);
      const target = projectTarget(service, project);
      const receipt = await target.deliver(deliveryOf(1), {});
      assertEquals(held.get("X"), deliveryOf(1).token);
      assertEquals((await target.confirm(deliveryOf(1), receipt, {})).kind, "suffix");
    });
  });
}

Deno.test("A CircleCI that shows nothing of a value proves its existence", async () => {
  await withService(startCircleCI(), async (service) => {
    const held = new Map<string, string>();
    service.projects.set("gh/acme/web", held);
    service.traits.shows = "nothing";
    const target = projectTarget(service);
    const receipt = await target.deliver(deliveryOf(1), {});
    assertEquals(held.get("X"), deliveryOf(1).token);
    assertEquals((await target.confirm(deliveryOf(1), receipt, {})).kind, "existence");
    assert(!JSON.stringify(receipt).includes(deliveryOf(1).token.slice(-4)));
  });
});

Deno.test("A short value in a CircleCI project, of which nothing shows, is not ours", async () => {
  await withService(startCircleCI(), async (service) => {
    const held = new Map<string, string>();
    service.projects.set("gh/acme/web", held);
    const target = projectTarget(service);
    const receipt = await target.deliver(deliveryOf(1), {});
    held.set("X", "old");
    const error = await assertRejects(
      () => target.confirm(deliveryOf(1), receipt, {}),
      TargetError,
    );
    assertEquals(error.code, "mismatch");
  });
});

Deno.test("A token that ends like the mask is not confused with other values", async () => {
  await withService(startCircleCI(), async (service) => {
    const held = new Map<string, string>();
    service.projects.set("gh/acme/web", held);
    const target = projectTarget(service);
    for (const ending of ["xxxx", "xxxa"]) {
      const delivery = { ...deliveryOf(1), token: `HRKU-0123456789${ending}` };
      const receipt = await target.deliver(delivery, {});
      assertEquals((await target.confirm(delivery, receipt, {})).kind, "suffix");
      held.set("X", "another-value");
      await assertRejects(() => target.confirm(delivery, receipt, {}), TargetError);
    }
  });
});

Deno.test("A CircleCI project that is gone or renamed is not taken for a variable that is", async () => {
  await withService(startCircleCI(), async (service) => {
    service.projects.set("gh/acme/web", new Map());
    const target = projectTarget(service);
    const receipt = await target.deliver(deliveryOf(1), {});
    service.projects.delete("gh/acme/web");
    const error = await assertRejects(
      () => target.confirm(deliveryOf(1), receipt, {}),
      TargetError,
      "check 'project'",
    );
    assertEquals([error.code, error.retryable], ["not_found", false]);
  });
});

for (const lastPage of [null, "", "missing"] satisfies CircleCITraits["lastPage"][]) {
  Deno.test(`A context's list may end with a page token that is ${JSON.stringify(lastPage)}`, async () => {
    await withService(startCircleCI(), async (service) => {
      service.traits.lastPage = lastPage;
      const held = new Map(["A", "B", "C", "D", "E"].map((name) => [name, OLD]));
      service.contexts.set(CONTEXT, held);
      const target = contextTarget(service);
      const receipt = await target.deliver(deliveryOf(1), {});
      assertEquals((await target.confirm(deliveryOf(1), receipt, {})).kind, "timestamp");
      held.delete("X");
      const error = await assertRejects(
        () => target.confirm(deliveryOf(1), receipt, {}),
        TargetError,
      );
      assertEquals(error.code, "mismatch");
    });
  });
}

Deno.test("A context's list without an end does not count as one without the variable", async () => {
  await withService(startCircleCI(), async (service) => {
    const held = new Map(["A", "B", "C"].map((name) => [name, OLD]));
    service.contexts.set(CONTEXT, held);
    const target = contextTarget(service);
    const receipt = await target.deliver(deliveryOf(1), {});
    service.traits.repeatsPages = true;
    const asked = service.requests.length;
    const error = await assertRejects(
      () => target.confirm(deliveryOf(1), receipt, {}),
      TargetError,
    );
    assertEquals([error.code, error.retryable], ["unavailable", true], error.message);
    assert(service.requests.length - asked < 5, "asks for the same page again and again");
  });
});

Deno.test("A write by someone else in the same second shows by the end of the value", async () => {
  await withService(startCircleCI(), async (service) => {
    service.traits.truncates = true;
    const held = new Map([["X", OLD]]);
    service.contexts.set(CONTEXT, held);
    const target = contextTarget(service);
    const receipt = await target.deliver(deliveryOf(1), {});
    assert(!JSON.stringify(receipt).includes(deliveryOf(1).token.slice(-4)));
    assertEquals((await target.confirm(deliveryOf(1), receipt, {})).kind, "timestamp");
    const ours = held.get("X");
    assert(ours);
    held.set("X", { ...ours, value: "another-value" });
    const error = await assertRejects(
      () => target.confirm(deliveryOf(1), receipt, {}),
      TargetError,
    );
    assertEquals(error.code, "mismatch");
  });
});

Deno.test("A restricted context refuses a user outside its groups and keeps its value", async () => {
  await withService(startCircleCI(), async (service) => {
    service.contexts.set(CONTEXT, new Map([["X", OLD]]));
    service.restricted.add(CONTEXT);
    const error = await assertRejects(
      () => contextTarget(service).deliver(deliveryOf(1), {}),
      TargetError,
    );
    assertEquals(error.code, "forbidden");
    assertStringIncludes(error.message, "group");
    assertEquals(service.contexts.get(CONTEXT)?.get("X"), OLD);
  });
});

Deno.test("A full context has room for a variable that is there", async () => {
  await withService(startCircleCI(), async (service) => {
    const names = Array.from({ length: 99 }, (_, number) => `V${number}`);
    const held = new Map([...names, "X"].map((name) => [name, OLD]));
    service.contexts.set(CONTEXT, held);
    const target = contextTarget(service);
    const receipt = await target.deliver(deliveryOf(1), {});
    assertEquals((await target.confirm(deliveryOf(1), receipt, {})).kind, "timestamp");
    held.delete("X");
    held.set("V99", OLD);
    const error = await assertRejects(() => target.deliver(deliveryOf(1), {}), TargetError, "room");
    assertEquals(error.code, "invalid_value");
  });
});

for (
  const [headers, expected] of [
    [{ "x-ratelimit-reset": "21" }, 21_000],
    [{ "ratelimit-reset": "22", "ratelimit-remaining": "0" }, 22_000],
    [{}, undefined],
  ] satisfies [Record<string, string>, number | undefined][]
) {
  Deno.test(`CircleCI's rate limit with ${JSON.stringify(headers)} is obeyed`, async () => {
    await withService(startCircleCI(), async (service) => {
      service.setFault(() =>
        Response.json({ message: "Rate limit exceeded." }, { status: 429, headers })
      );
      const fails = (delivering: Promise<unknown>): Promise<TargetError> =>
        assertRejects(() => delivering, TargetError);
      const delivery: Delivery = deliveryOf(1);
      for (const target of [projectTarget(service), contextTarget(service)]) {
        const error = await fails(target.deliver(delivery, {}));
        assertEquals([error.code, error.retryAfter], ["rate_limited", expected]);
      }
    });
  });
}

Deno.test("A context that was made again has another id, which the error asks for", async () => {
  await withService(startCircleCI(), async (service) => {
    service.contexts.set(CONTEXT, new Map());
    const target = contextTarget(service);
    const receipt = await target.deliver(deliveryOf(1), {});
    service.contexts.delete(CONTEXT);
    for (
      const run of [
        () => target.deliver(deliveryOf(1), {}),
        () => target.confirm(deliveryOf(1), receipt, {}),
      ]
    ) {
      const error = await assertRejects(run, TargetError, "check 'context'");
      assertEquals([error.code, error.retryable], ["not_found", false]);
    }
  });
});

Deno.test("A context's list that lags is asked again until it shows our write", async () => {
  await withService(startCircleCI(), async (service) => {
    const held = new Map([["X", OLD]]);
    service.contexts.set(CONTEXT, held);
    const target = contextTarget(service);
    const receipt = await target.deliver(deliveryOf(1), {});
    const written = held.get("X");
    assert(written);
    held.set("X", OLD);
    const error = await assertRejects(
      () => target.confirm(deliveryOf(1), receipt, {}),
      TargetError,
      "before the delivery",
    );
    assertEquals([error.code, error.retryable], ["mismatch", true]);
    held.set("X", written);
    assertEquals((await target.confirm(deliveryOf(1), receipt, {})).kind, "timestamp");
  });
});

Deno.test("A token of a CircleCI user that has expired is asked for by its secret's name", async () => {
  await withService(startCircleCI(), async (service) => {
    service.projects.set("gh/acme/web", new Map());
    service.setFault(() => Response.json({ message: "invalid_token" }, { status: 401 }));
    for (const target of [projectTarget(service), contextTarget(service)]) {
      const error = await assertRejects(
        () => target.deliver(deliveryOf(1), {}),
        TargetError,
        "set the Worker secret 'CIRCLECI_TOKEN' to a personal API token",
      );
      assertEquals(error.code, "unauthorized");
    }
  });
});
