import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { fingerprint } from "../../lib/fingerprint.ts";
import { targets } from "../../lib/targets/registry.ts";
import { TargetError } from "../../lib/targets/target.ts";
import { verifyWebhook } from "../../lib/webhook.ts";
import { createTarget } from "./create_target.ts";
import { deliveryOf } from "./delivery_of.ts";
import { startWebhookReceiver, type WebhookReceiver } from "./services/webhook_receiver.ts";
import { withService } from "./with_service.ts";

function targetAt(service: WebhookReceiver, path = "/tokens", fetching = fetch) {
  return createTarget("webhook", {
    service,
    config: { url: `${service.url}${path}`, signing_secret: "WEBHOOK_SECRET" },
    secrets: { WEBHOOK_SECRET: service.secret },
  }, fetching);
}

/** Somebody puts back what the receiver had before. */
function putBack(service: WebhookReceiver): void {
  service.tokens.set("ci-deploy", { token: "old", createdAt: "2026-01-01T00:00:00Z" });
}

Deno.test("webhook sends what it documents, and verifyWebhook() takes it", async () => {
  await withService(startWebhookReceiver(), async (service) => {
    const delivery = deliveryOf(7);
    const receipt = await targetAt(service).deliver(delivery, {});
    const [{ headers, text, json }] = service.requests;
    assertEquals(json, {
      credential: "ci-deploy",
      generation: 7,
      authorization: delivery.authorization,
      token: delivery.token,
      created_at: delivery.createdAt,
      expires_at: delivery.expiresAt,
      fingerprint: receipt.fingerprint,
    });
    const key = headers.get("idempotency-key") ?? "";
    assert(key.startsWith(`${delivery.idempotencyKey}-`) && key.length <= 255, key);
    assertMatch(headers.get("herotate-signature") ?? "", /^t=\d{10},v1=[0-9a-f]{64}$/);
    const request = new Request(service.url, { method: "POST", headers, body: text });
    const verification = await verifyWebhook(request, service.secret);
    assertEquals(verification.valid && verification.delivery.token, delivery.token);
  });
});

Deno.test("webhook takes 2xx without the fingerprint for no proof", async () => {
  await withService(startWebhookReceiver(), async (service) => {
    const ofLine = await fingerprint(`${deliveryOf(1).token}\n`);
    const answers: [answer: (fingerprint: string) => Response, words: string][] = [
      [() => new Response(null, { status: 204 }), "answered 204 without a fingerprint"],
      [() => new Response("ok"), "answered 200 without a fingerprint"],
      [() => Response.json({ fingerprint: 5 }), "without a fingerprint"],
      [() => Response.json({ fingerprint: "0".repeat(64) }), "the fingerprint of another token"],
      [(fingerprint) => Response.json({ fingerprint: fingerprint.slice(1) }), "another token"],
      [() => Response.json({ fingerprint: ofLine }), "of the token and a line break"],
    ];
    for (const [answer, words] of answers) {
      service.setAnswer(answer);
      const error = await assertRejects(
        () => targetAt(service).deliver(deliveryOf(1), {}),
        TargetError,
        words,
      );
      assertEquals([error.code, error.retryable], ["mismatch", true]);
      assertStringIncludes(error.message, '{"fingerprint": "<SHA-256 of the stored token');
    }
    service.setAnswer((fingerprint) => Response.json({ fingerprint: fingerprint.toUpperCase() }));
    await targetAt(service).deliver(deliveryOf(1), {});
  });
});

Deno.test("webhook names the receiver without its query", async () => {
  await withService(startWebhookReceiver(), async (service) => {
    service.setAnswer(() => new Response(null, { status: 204 }));
    const target = targetAt(service, "/tokens?key=query-Yb7cN2wL");
    const error = await assertRejects(() => target.deliver(deliveryOf(1), {}), TargetError);
    assertStringIncludes(error.message, `The webhook '${service.url}/tokens' answered`);
  });
});

Deno.test("webhook asks the receiver once, and confirms from the receipt", async () => {
  await withService(startWebhookReceiver(), async (service) => {
    const target = targetAt(service);
    const receipt = await target.deliver(deliveryOf(1), {});
    await target.confirm(deliveryOf(1), receipt, {});
    assertEquals(service.requests.length, 1);
    await assertRejects(() => target.confirm(deliveryOf(1), {}, {}), TargetError, "no receipt");
  });
});

Deno.test("webhook delivers again what was put back, to a receiver that remembers keys", async () => {
  await withService(startWebhookReceiver(), async (service) => {
    service.ways.remembersKeys = true;
    const target = targetAt(service);
    await target.deliver(deliveryOf(1), {});
    for (const again of [target, targetAt(service)]) {
      putBack(service);
      await again.deliver(deliveryOf(1), {});
      assertEquals(service.tokens.get("ci-deploy")?.token, deliveryOf(1).token);
    }
    const keys = service.requests.map(({ headers }) => headers.get("idempotency-key"));
    assertEquals(new Set(keys).size, 3);
  });
});

Deno.test("webhook keeps the key while no answer has come", async () => {
  await withService(startWebhookReceiver(), async (service) => {
    service.ways.remembersKeys = true;
    let lost = 2;
    const target = targetAt(service, "/tokens", async (input, init) => {
      const response = await fetch(input, init);
      if (lost-- <= 0) return response;
      await response.body?.cancel();
      throw new TypeError("connection closed before message completed");
    });
    for (const _ of [1, 2]) {
      await assertRejects(() => target.deliver(deliveryOf(1), {}), TargetError, "no answer");
    }
    const receipt = await target.deliver(deliveryOf(1), {});
    await target.confirm(deliveryOf(1), receipt, {});
    assertEquals([service.effects(), service.requests.length], [1, 3]);
    const keys = service.requests.map(({ headers }) => headers.get("idempotency-key"));
    assertEquals(new Set(keys).size, 1);
    await target.deliver(deliveryOf(2), {});
    assertNotEquals(service.requests.at(-1)?.headers.get("idempotency-key"), keys[0]);
  });
});

for (
  const [status, body, keeps] of [
    [429, {}, true],
    [502, {}, true],
    [503, {}, true],
    [504, {}, true],
    [408, {}, true],
    [409, { title: "A request is outstanding for this Idempotency-Key" }, false],
    [422, { title: "Idempotency-Key is already used" }, false],
    [500, {}, false],
    [401, {}, false],
    [200, {}, false],
  ] as const
) {
  Deno.test(`webhook ${keeps ? "keeps" : "changes"} the key after ${status} ${JSON.stringify(body)}`, async () => {
    await withService(startWebhookReceiver(), async (service) => {
      const target = targetAt(service);
      service.setFault(() => Response.json(body, { status }));
      await assertRejects(() => target.deliver(deliveryOf(1), {}), TargetError);
      service.setFault(undefined);
      await target.deliver(deliveryOf(1), {});
      const [one, other] = service.requests.map(({ headers }) => headers.get("idempotency-key"));
      assertEquals(one === other, keeps);
    });
  });
}

Deno.test("webhook lets a later attempt take effect when all answers to the first were lost", async () => {
  await withService(startWebhookReceiver(), async (service) => {
    service.ways.remembersKeys = true;
    let lost = 4;
    const target = targetAt(service, "/tokens", async (input, init) => {
      const response = await fetch(input, init);
      if (lost-- <= 0) return response;
      await response.body?.cancel();
      throw new TypeError("connection closed before message completed");
    });
    for (const wait of [10_000, 20_000, 40_000, 15 * 60_000]) {
      await assertRejects(() => target.deliver(deliveryOf(1), {}), TargetError, "no answer");
      service.advance(wait);
    }
    assertEquals(service.effects(), 1);
    putBack(service);
    await target.deliver(deliveryOf(1), {});
    assertEquals(service.tokens.get("ci-deploy")?.token, deliveryOf(1).token);
  });
});

Deno.test("webhook gets past a failure that the receiver remembers", async () => {
  await withService(startWebhookReceiver(), async (service) => {
    service.ways.remembersKeys = true;
    const target = targetAt(service);
    for (const status of [500, 200]) {
      service.setAnswer(() => new Response("Oops", { status }));
      await assertRejects(() => target.deliver(deliveryOf(1), {}), TargetError);
    }
    service.setAnswer(undefined);
    await target.deliver(deliveryOf(1), {});
    assertEquals(service.tokens.get("ci-deploy")?.token, deliveryOf(1).token);
  });
});

Deno.test("webhook tries again while the receiver is still at work", async () => {
  await withService(startWebhookReceiver(), async (service) => {
    const target = targetAt(service);
    service.ways.isAtWork = true;
    const error = await assertRejects(() => target.deliver(deliveryOf(1), {}), TargetError);
    assertEquals([error.code, error.retryable, error.status], ["unavailable", true, 409]);
    service.ways.isAtWork = false;
    await target.deliver(deliveryOf(1), {});
    assertEquals(service.tokens.get("ci-deploy")?.token, deliveryOf(1).token);
  });
});

Deno.test("webhook takes a key that was used otherwise for a reason to try another", async () => {
  await withService(startWebhookReceiver(), async (service) => {
    for (const status of [400, 409, 422]) {
      const title = "Idempotency-Key is already used";
      service.setFault(() => Response.json({ title }, { status }));
      const error = await assertRejects(
        () => targetAt(service).deliver(deliveryOf(1), {}),
        TargetError,
      );
      assertEquals(error.code, "unavailable", error.message);
    }
  });
});

Deno.test("webhook takes its own request for no proof", async () => {
  await withService(startWebhookReceiver(), async (service) => {
    service.ways.echoes = true;
    const error = await assertRejects(
      () => targetAt(service).deliver(deliveryOf(1), {}),
      TargetError,
      "with the request itself",
    );
    assertEquals(error.code, "mismatch");
    assertEquals(service.tokens.size, 0);
  });
});

Deno.test("webhook reads the fingerprint in any usual spelling", async () => {
  await withService(startWebhookReceiver(), async (service) => {
    for (
      const spell of [
        (fingerprint: string) => `sha256:${fingerprint}`,
        (fingerprint: string) => `SHA256=${fingerprint.toUpperCase()}`,
        (fingerprint: string) => ` ${fingerprint}\n`,
      ]
    ) {
      service.setAnswer((fingerprint) => Response.json({ fingerprint: spell(fingerprint) }));
      await targetAt(service).deliver(deliveryOf(1), {});
    }
  });
});

for (
  const [answer, code, words] of [
    [{ status: 301, headers: { location: "/tokens/" } }, "not_found", "put its final address"],
    [
      { status: 302, headers: { location: "https://acme.cloudflareaccess.com/login" } },
      "not_found",
      "past any login",
    ],
    [{ status: 405 }, "invalid_value", "make the receiver take POST requests"],
    [{ status: 410 }, "not_found", "check 'url'"],
    [{ status: 413 }, "invalid_value", "read the receiver's log"],
    [{ status: 429, headers: { "retry-after": "12" } }, "rate_limited", "in 12 seconds"],
    [{ status: 503, headers: { "retry-after": "9" } }, "unavailable", "try again"],
    [{ status: 530 }, "unavailable", "try again"],
  ] as const
) {
  Deno.test(`webhook says what helps against ${JSON.stringify(answer)}`, async () => {
    await withService(startWebhookReceiver(), async (service) => {
      service.setFault(() => new Response(null, answer));
      const error = await assertRejects(
        () => targetAt(service).deliver(deliveryOf(1), {}),
        TargetError,
        words,
      );
      assertEquals(error.code, code);
    });
  });
}

Deno.test("webhook names the flag without which a Worker cannot call its neighbour", async () => {
  await withService(startWebhookReceiver(), async (service) => {
    const target = createTarget("webhook", {
      service,
      config: { url: "https://tokens.acme.workers.dev/", signing_secret: "WEBHOOK_SECRET" },
      secrets: { WEBHOOK_SECRET: service.secret },
    }, () => Promise.resolve(new Response("error code: 1042", { status: 404 })));
    await assertRejects(
      () => target.deliver(deliveryOf(1), {}),
      TargetError,
      "global_fetch_strictly_public",
    );
  });
});

Deno.test("webhook names its place without what its query says", () => {
  const definition = targets.find(({ type }) => type === "webhook");
  const placeOf = (url: string) => definition?.place({ url, signing_secret: "X" }) ?? "";
  const place = placeOf("https://example.com/tokens?key=query-Yb7cN2wL");
  assertMatch(place, /^webhook:https:\/\/example\.com\/tokens\?[0-9a-f]{16}$/);
  assertNotEquals(place, placeOf("https://example.com/tokens?key=query-Yb7cN2wM"));
  assertEquals(placeOf("https://example.com/tokens"), "webhook:https://example.com/tokens");
});
