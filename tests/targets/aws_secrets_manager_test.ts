import { assertEquals, assertMatch, assertNotEquals, assertRejects } from "@std/assert";
import { TargetError, type TargetErrorCode } from "../../lib/targets/target.ts";
import { createTarget } from "./create_target.ts";
import { deliveryOf } from "./delivery_of.ts";
import { type AwsService, type AwsVersion, startAws } from "./services/aws.ts";
import { withService } from "./with_service.ts";

function targetAt(service: AwsService, versions: AwsVersion[], key?: string) {
  service.secrets.set("ci/heroku", versions);
  return createTarget("aws-secrets-manager", {
    service,
    config: { region: service.region, secret: "ci/heroku", key, base_url: service.url },
    secrets: {
      AWS_ACCESS_KEY_ID: service.accessKey.id,
      AWS_SECRET_ACCESS_KEY: service.accessKey.secret,
    },
  });
}

Deno.test("aws-secrets-manager makes a version whose id tells its age", async () => {
  await withService(startAws(), async (service) => {
    const versions: AwsVersion[] = [];
    const target = targetAt(service, versions);
    const receipt = await target.deliver(deliveryOf(7), {});
    assertMatch(versions[0].id, /^herotate-20260108T000000Z-g7-[0-9a-f]{24}$/);
    assertEquals(receipt, { version: versions[0].id, changed: true });
    assertEquals(await target.deliver(deliveryOf(7), {}), {
      version: versions[0].id,
      changed: false,
    });
    assertEquals(versions.length, 1);
  });
});

Deno.test("aws-secrets-manager uses an id no longer than AWS takes", async () => {
  await withService(startAws(), async (service) => {
    const versions: AwsVersion[] = [];
    await targetAt(service, versions).deliver({ ...deliveryOf(1), generation: 999_999_999 }, {});
    assertEquals(versions[0].id.length <= 64, true, versions[0].id);
  });
});

Deno.test("aws-secrets-manager delivers a member again after somebody changed another", async () => {
  await withService(startAws(), async (service) => {
    const versions: AwsVersion[] = [];
    const target = targetAt(service, versions, "X");
    await target.deliver(deliveryOf(1), {});
    versions.push({ id: crypto.randomUUID(), value: '{"X":"restored","Y":"new"}' });
    await target.deliver(deliveryOf(1), {});
    assertEquals(JSON.parse(versions.at(-1)?.value ?? ""), { X: deliveryOf(1).token, Y: "new" });
    assertNotEquals(versions[0].id, versions[2].id);
  });
});

for (
  const [value, words] of [
    ["plain text", "holds no JSON object"],
    ["[1]", "holds no JSON object"],
    ["null", "holds no JSON object"],
    ['"text"', "holds no JSON object"],
    ['{"id":12345678901234567890}', "a number of more than 15 digits"],
    ['{"a\\"b":0.12345678901234567}', "a number of more than 15 digits"],
    [undefined, "holds binary data"],
  ] as const
) {
  Deno.test(`aws-secrets-manager leaves a secret alone that holds ${value}`, async () => {
    await withService(startAws(), async (service) => {
      const versions = [{ id: crypto.randomUUID(), value }];
      const error = await assertRejects(
        () => targetAt(service, versions, "X").deliver(deliveryOf(1), {}),
        TargetError,
        words,
      );
      assertEquals([error.code, versions.length], ["invalid_value", 1]);
    });
  });
}

Deno.test("aws-secrets-manager keeps a member with many digits in a string", async () => {
  await withService(startAws(), async (service) => {
    const versions: AwsVersion[] = [{
      id: crypto.randomUUID(),
      value: '{"__proto__":"p","constructor":"c","id":"12345678901234567890"}',
    }];
    await targetAt(service, versions, "X").deliver(deliveryOf(1), {});
    assertEquals(
      versions[1].value,
      `{"__proto__":"p","constructor":"c","id":"12345678901234567890","X":"${
        deliveryOf(1).token
      }"}`,
    );
  });
});

const failures: [type: string, status: number, code: TargetErrorCode][] = [
  ["UnrecognizedClientException", 400, "unauthorized"],
  ["InvalidSignatureException", 400, "unauthorized"],
  ["ExpiredTokenException", 400, "unauthorized"],
  ["AccessDeniedException", 400, "forbidden"],
  ["DecryptionFailure", 400, "forbidden"],
  ["com.amazonaws.secretsmanager#ThrottlingException", 400, "rate_limited"],
  ["InvalidRequestException", 400, "invalid_value"],
  ["InternalServiceError", 500, "unavailable"],
];
for (const [type, status, code] of failures) {
  Deno.test(`aws-secrets-manager takes ${type} for ${code}`, async () => {
    await withService(startAws(), async (service) => {
      service.setFault(() => Response.json({ __type: type, Message: "No" }, { status }));
      const error = await assertRejects(
        () => targetAt(service, []).deliver(deliveryOf(1), {}),
        TargetError,
      );
      assertEquals(error.code, code);
    });
  });
}
