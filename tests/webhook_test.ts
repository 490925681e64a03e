import { assert, assertEquals, assertRejects } from "@std/assert";
import { createHmac } from "node:crypto";
import { signWebhook, verifyWebhook, type WebhookDelivery } from "../lib/webhook.ts";

const SECRET = "whsec_é😀";
const NOW = Date.parse("2026-12-24T12:00:00.900Z");
const SECONDS = Math.floor(NOW / 1000);
const delivery: WebhookDelivery = {
  credential: "ci-deploy",
  generation: 7,
  authorization: "01234567-89ab-4cde-8f01-234567890007",
  token: "HRKU-AA-é",
  created_at: "2026-12-24T11:00:00Z",
  expires_at: null,
  fingerprint: "00",
};
const BODY = JSON.stringify(delivery);

function hmac(time: number | string, body = BODY, secret = SECRET): string {
  return createHmac("sha256", secret).update(`${time}.${body}`).digest("hex");
}

function requestWith(signature: string | undefined, body = BODY): Request {
  const headers = new Headers();
  if (signature !== undefined) headers.set("Herotate-Signature", signature);
  return new Request("https://example.com/tokens", { method: "POST", headers, body });
}

Deno.test("signWebhook() signs the time and the body with HMAC-SHA256", async () => {
  assertEquals(await signWebhook(BODY, SECRET, NOW), `t=${SECONDS},v1=${hmac(SECONDS)}`);
});

Deno.test("verifyWebhook() gives the delivery of a signed request", async () => {
  const request = requestWith(await signWebhook(BODY, SECRET, NOW));
  assertEquals(await verifyWebhook(request, SECRET, { now: NOW }), { valid: true, delivery });
});

Deno.test("verifyWebhook() goes by the clock by default", async () => {
  const fresh = requestWith(await signWebhook(BODY, SECRET, Date.now()));
  assertEquals((await verifyWebhook(fresh, SECRET)).valid, true);
  const stale = requestWith(await signWebhook(BODY, SECRET, NOW - 86_400_000 * 365));
  assertEquals((await verifyWebhook(stale, SECRET)).valid, false);
});

Deno.test("verifyWebhook() takes any one of several signatures, for a change of secrets", async () => {
  const both = `t=${SECONDS}, v1=${hmac(SECONDS, BODY, "other")} ,v1=${hmac(SECONDS)},v2=x`;
  assertEquals((await verifyWebhook(requestWith(both), SECRET, { now: NOW })).valid, true);
});

const good = `t=${SECONDS},v1=${hmac(SECONDS)}`;
for (
  const [what, signature, options, body, reason] of [
    ["no signature", undefined, {}, BODY, "no 'Herotate-Signature'"],
    ["an empty signature", "", {}, BODY, "not of the form"],
    ["no time", `v1=${hmac("")}`, {}, BODY, "not of the form"],
    ["a time that is no number", `t=1e9,v1=${hmac("1e9")}`, {}, BODY, "not of the form"],
    ["no digest", `t=${SECONDS}`, {}, BODY, "not of the form"],
    ["a short digest", `t=${SECONDS},v1=${hmac(SECONDS).slice(1)}`, {}, BODY, "not of the form"],
    ["another body", good, {}, `${BODY} `, "does not match"],
    ["another time", `t=${SECONDS - 1},v1=${hmac(SECONDS)}`, {}, BODY, "does not match"],
    ["another secret", `t=${SECONDS},v1=${hmac(SECONDS, BODY, "x")}`, {}, BODY, "does not match"],
    ["an old signature", good, { now: NOW + 302_000 }, BODY, "too far from now"],
    ["one from the future", good, { now: NOW - 302_000 }, BODY, "too far from now"],
    ["less tolerance", good, { now: NOW + 3_000, tolerance: 2_000 }, BODY, "too far from now"],
  ] as const
) {
  Deno.test(`verifyWebhook() refuses ${what}`, async () => {
    const request = requestWith(signature, body);
    const verification = await verifyWebhook(request, SECRET, { now: NOW, ...options });
    assertEquals(verification.valid, false);
    assertEquals(!verification.valid && verification.reason.includes(reason), true, reason);
  });
}

Deno.test("verifyWebhook() takes any one of several secrets, for a change of secrets", async () => {
  for (const secrets of [[SECRET, "next"], ["former", SECRET], [SECRET]]) {
    const verification = await verifyWebhook(requestWith(good), secrets, { now: NOW });
    assertEquals(verification.valid, true);
  }
  const others = await verifyWebhook(requestWith(good), ["former", "next"], { now: NOW });
  assertEquals(others.valid, false);
});

for (const secret of ["", [], [""], [SECRET, ""]]) {
  Deno.test(`verifyWebhook() throws for the secret ${JSON.stringify(secret)}`, async () => {
    // A key of nothing is what an attacker would sign with.
    await assertRejects(
      () => verifyWebhook(requestWith(good), secret, { now: NOW }),
      TypeError,
      "Cannot verify a webhook because a secret is missing or empty",
    );
  });
}

Deno.test("verifyWebhook() throws for a body that was read already", async () => {
  const request = requestWith(good);
  await request.text();
  await assertRejects(
    () => verifyWebhook(request, SECRET, { now: NOW }),
    TypeError,
    "Cannot verify a webhook because the request's body has been read already",
  );
});

for (
  const body of [
    "",
    "{",
    "null",
    "[]",
    "7",
    "{}",
    ...Object.keys(delivery).map((name) => JSON.stringify({ ...delivery, [name]: undefined })),
    JSON.stringify({ ...delivery, generation: "7" }),
    JSON.stringify({ ...delivery, expires_at: 7 }),
  ]
) {
  Deno.test(`verifyWebhook() refuses the signed body ${body}`, async () => {
    const signature = await signWebhook(body, SECRET, NOW);
    const verification = await verifyWebhook(requestWith(signature, body), SECRET, { now: NOW });
    assert(!verification.valid);
    assertEquals(verification.reason, "The body is no delivery of Herotate");
  });
}
