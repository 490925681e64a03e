import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { TargetError } from "../../lib/targets/target.ts";
import { verifyWebhook } from "../../lib/targets/webhook_signature.ts";
import { createTarget } from "./create_target.ts";
import { deliveryOf } from "./delivery_of.ts";
import { startWebhookReceiver, type WebhookReceiver } from "./services/webhook_receiver.ts";
import { withService } from "./with_service.ts";

function targetAt(service: WebhookReceiver, path = "/tokens") {
  return createTarget("webhook", {
    service,
    config: { url: `${service.url}${path}`, secret: "WEBHOOK_SECRET" },
    secrets: { WEBHOOK_SECRET: service.secret },
  });
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
    assertEquals(headers.get("idempotency-key"), delivery.idempotencyKey);
    assertMatch(headers.get("herotate-signature") ?? "", /^t=\d{10},v1=[0-9a-f]{64}$/);
    const request = new Request(service.url, { method: "POST", headers, body: text });
    const verification = await verifyWebhook(request, service.secret);
    assertEquals(verification.valid && verification.delivery.token, delivery.token);
  });
});

Deno.test("webhook takes 2xx without the fingerprint for no proof", async () => {
  await withService(startWebhookReceiver(), async (service) => {
    const answers: [answer: (fingerprint: string) => Response, words: string][] = [
      [() => new Response(null, { status: 204 }), "answered 204 without a fingerprint"],
      [() => new Response("ok"), "answered 200 without a fingerprint"],
      [() => Response.json({ fingerprint: 5 }), "without a fingerprint"],
      [() => Response.json({ fingerprint: "0".repeat(64) }), "the fingerprint of another token"],
      [(fingerprint) => Response.json({ fingerprint: fingerprint.slice(1) }), "another token"],
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
