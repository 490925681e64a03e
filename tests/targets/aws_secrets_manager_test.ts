import {
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { TargetError, type TargetErrorCode } from "../../lib/targets/target.ts";
import { assertConceals } from "./assert_conceals.ts";
import { createTarget } from "./create_target.ts";
import { deliveryOf } from "./delivery_of.ts";
import { type AwsService, type AwsVersion, startAws } from "./services/aws.ts";
import { withService } from "./with_service.ts";

function targetAt(
  service: AwsService,
  versions: AwsVersion[],
  key?: string,
  fetching: typeof fetch = fetch,
) {
  service.secrets.set("ci/heroku", versions);
  return createTarget("aws-secrets-manager", {
    service,
    config: { region: service.region, secret: "ci/heroku", key, base_url: service.url },
    secrets: {
      AWS_ACCESS_KEY_ID: service.accessKey.id,
      AWS_SECRET_ACCESS_KEY: service.accessKey.secret,
    },
  }, fetching);
}

Deno.test("aws-secrets-manager makes a version whose id shows its age", async () => {
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
    ['{"a":-1.5e400}', "a number of more than 15 digits"],
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

for (const key of [undefined, "X"]) {
  const what = key === undefined ? "a whole secret" : "a member";
  const old = key === undefined ? "old" : '{"X":"old","Y":1}';
  const heldIn = (versions: readonly AwsVersion[]) => {
    const value = versions.at(-1)?.value ?? "";
    return key === undefined ? value : JSON.parse(value)[key];
  };

  Deno.test(`aws-secrets-manager delivers ${what} again that somebody put back`, async () => {
    await withService(startAws(), async (service) => {
      const versions: AwsVersion[] = [{ id: crypto.randomUUID(), value: old }];
      const target = targetAt(service, versions, key);
      await target.deliver(deliveryOf(1), {});
      for (let restored = 0; restored < 3; restored++) {
        versions.push({ id: crypto.randomUUID(), value: old });
        const receipt = await target.deliver(deliveryOf(1), {});
        assertEquals(heldIn(versions), deliveryOf(1).token);
        assertEquals((await target.confirm(deliveryOf(1), receipt, {})).kind, "exact");
      }
    });
  });

  Deno.test(`aws-secrets-manager delivers ${what} again whose label somebody moved back`, async () => {
    await withService(startAws(), async (service) => {
      const first = crypto.randomUUID();
      const versions: AwsVersion[] = [{ id: first, value: old }];
      const target = targetAt(service, versions, key);
      await target.deliver(deliveryOf(1), {});
      for (let moved = 0; moved < 8; moved++) {
        service.moveCurrent("ci/heroku", first);
        assertEquals(heldIn(versions), "old");
        const receipt = await target.deliver(deliveryOf(1), {});
        assertEquals(heldIn(versions), deliveryOf(1).token);
        assertEquals((await target.confirm(deliveryOf(1), receipt, {})).kind, "exact");
      }
    });
  });

  Deno.test(`aws-secrets-manager makes one version of ${what} however often it is repeated`, async () => {
    await withService(startAws(), async (service) => {
      const versions: AwsVersion[] = [{ id: crypto.randomUUID(), value: old }];
      const target = targetAt(service, versions, key);
      await target.deliver(deliveryOf(1), {});
      await target.deliver(deliveryOf(1), {});
      // Reads may lag: the attempt does not see its own write.
      for (let repeated = 0; repeated < 3; repeated++) {
        service.setStaleReads(1);
        await target.deliver(deliveryOf(1), {});
      }
      assertEquals(versions.length, 2);
      assertEquals(heldIn(versions), deliveryOf(1).token);
    });
  });

  Deno.test(`aws-secrets-manager reads again where an answer does not say what is current of ${what}`, async () => {
    await withService(startAws(), async (service) => {
      const first = crypto.randomUUID();
      const versions: AwsVersion[] = [{ id: first, value: old }];
      const silent: typeof fetch = async (input, init) => {
        const response = await fetch(input, init);
        if (!new Headers(init?.headers).get("x-amz-target")?.endsWith("PutSecretValue")) {
          return response;
        }
        const answer: Record<string, unknown> = JSON.parse(await response.text());
        delete answer.VersionStages;
        return Response.json(answer, { status: response.status });
      };
      const target = targetAt(service, versions, key, silent);
      await target.deliver(deliveryOf(1), {});
      service.moveCurrent("ci/heroku", first);
      await target.deliver(deliveryOf(1), {});
      assertEquals(heldIn(versions), deliveryOf(1).token);
    });
  });
}

Deno.test("aws-secrets-manager leaves a rotation as it is that is under way", async () => {
  await withService(startAws(), async (service) => {
    const pending = { id: crypto.randomUUID(), value: "next", pending: true };
    const versions: AwsVersion[] = [{ id: crypto.randomUUID(), value: "old" }, pending];
    const target = targetAt(service, versions);
    const receipt = await target.deliver(deliveryOf(1), {});
    assertEquals(versions[1], pending);
    assertEquals((await target.confirm(deliveryOf(1), receipt, {})).kind, "exact");
  });
});

Deno.test("aws-secrets-manager compares a member's age with that of the same member only", async () => {
  await withService(startAws(), async (service) => {
    const versions: AwsVersion[] = [{ id: crypto.randomUUID(), value: "{}" }];
    // Another credential's newer token is in the same secret, under another name.
    await targetAt(service, versions, "Y").deliver(deliveryOf(9), {});
    await targetAt(service, versions, "X").deliver(deliveryOf(2), {});
    assertEquals(JSON.parse(versions.at(-1)?.value ?? ""), {
      Y: deliveryOf(9).token,
      X: deliveryOf(2).token,
    });
    const late = await assertRejects(
      () => targetAt(service, versions, "X").deliver(deliveryOf(1), {}),
      TargetError,
    );
    assertEquals(late.code, "superseded");
  });
});

Deno.test("aws-secrets-manager writes no token over a JSON object that other things are in", async () => {
  await withService(startAws(), async (service) => {
    const versions: AwsVersion[] = [{ id: crypto.randomUUID(), value: '{"username":"ada"}' }];
    const error = await assertRejects(
      () => targetAt(service, versions).deliver(deliveryOf(1), {}),
      TargetError,
      "name the member",
    );
    assertEquals([error.code, versions.length], ["invalid_value", 1]);
  });
});

for (
  const [state, code, words] of [
    ["scheduled for deletion", "invalid_value", "not scheduled for deletion"],
    ["replica", "invalid_value", "primary region"],
    ["managed", "invalid_value", "managed by another service"],
    ["key denied", "forbidden", "kms:Decrypt"],
  ] as const
) {
  Deno.test(`aws-secrets-manager says what to do about a secret that is '${state}'`, async () => {
    await withService(startAws(), async (service) => {
      const versions = [{ id: crypto.randomUUID(), value: "old" }];
      service.states.set("ci/heroku", state);
      const error = await assertRejects(
        () => targetAt(service, versions).deliver(deliveryOf(1), {}),
        TargetError,
      );
      assertEquals([error.code, versions.length], [code, 1], error.message);
      assertStringIncludes(error.message, words);
    });
  });
}

Deno.test("aws-secrets-manager waits where a secret has too many versions of one day", async () => {
  await withService(startAws(), async (service) => {
    const versions = [{ id: crypto.randomUUID(), value: "old" }];
    service.quota.versions = 1;
    const target = targetAt(service, versions);
    const error = await assertRejects(() => target.deliver(deliveryOf(1), {}), TargetError);
    assertEquals([error.code, error.retryable], ["rate_limited", true]);
    service.quota.versions = 2;
    await target.deliver(deliveryOf(1), {});
    assertEquals(versions.at(-1)?.value, deliveryOf(1).token);
  });
});

for (
  const secret of [
    "arn:aws:secretsmanager:eu-central-1:123456789012:secret:ci/heroku-a1B2c3",
    "arn:aws:secretsmanager:eu-central-1:123456789012:secret:ci/heroku",
  ]
) {
  Deno.test(`aws-secrets-manager delivers to ${secret}`, async () => {
    await withService(startAws(), async (service) => {
      const versions = [{ id: crypto.randomUUID(), value: "old" }];
      service.secrets.set("ci/heroku", versions);
      const target = createTarget("aws-secrets-manager", {
        service,
        config: { region: service.region, secret, base_url: service.url },
        secrets: {
          AWS_ACCESS_KEY_ID: service.accessKey.id,
          AWS_SECRET_ACCESS_KEY: service.accessKey.secret,
        },
      });
      await target.deliver(deliveryOf(1), {});
      assertEquals(versions.at(-1)?.value, deliveryOf(1).token);
    });
  });
}

for (
  const [what, id, words] of [
    ["of a session", "ASIA0123456789ABCDEF", "temporary"],
    ["with a line break inside", "AKIA01234\n56789ABCDEF", "HTTP cannot carry"],
  ] as const
) {
  Deno.test(`aws-secrets-manager refuses an access key ${what}`, async () => {
    await withService(startAws(), async (service) => {
      const target = createTarget("aws-secrets-manager", {
        service,
        config: { region: service.region, secret: "ci/heroku", base_url: service.url },
        secrets: { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: "not-the-right-one" },
      });
      const error = await assertRejects(() => target.deliver(deliveryOf(1), {}), TargetError);
      assertEquals([error.code, service.requests.length], ["unauthorized", 0], error.message);
      assertStringIncludes(error.message, words);
      assertStringIncludes(error.message, "AWS_ACCESS_KEY_ID");
      assertConceals(error, [id, "not-the-right-one"]);
    });
  });
}

Deno.test("aws-secrets-manager tries again when the two clocks differ", async () => {
  await withService(startAws(), async (service) => {
    const versions = [{ id: crypto.randomUUID(), value: "old" }];
    let ahead = 600_000;
    const clock = { ...service, now: () => service.now() + ahead };
    const target = targetAt(clock, versions);
    const error = await assertRejects(() => target.deliver(deliveryOf(1), {}), TargetError);
    assertEquals(error.code, "unavailable", error.message);
    ahead = 0;
    await target.deliver(deliveryOf(1), {});
    assertEquals(versions.at(-1)?.value, deliveryOf(1).token);
  });
});

Deno.test("aws-secrets-manager takes an error's type from its header, too", async () => {
  await withService(startAws(), async (service) => {
    const headers = { "x-amzn-errortype": "AccessDeniedException:http://internal.amazon.com/" };
    service.setFault(() => Response.json({ message: "No" }, { status: 400, headers }));
    const error = await assertRejects(
      () => targetAt(service, []).deliver(deliveryOf(1), {}),
      TargetError,
    );
    assertEquals(error.code, "forbidden");
  });
});

for (
  const [region, host] of [
    ["eu-central-1", "secretsmanager.eu-central-1.amazonaws.com"],
    ["us-gov-west-1", "secretsmanager.us-gov-west-1.amazonaws.com"],
    ["cn-north-1", "secretsmanager.cn-north-1.amazonaws.com.cn"],
    ["eusc-de-east-1", "secretsmanager.eusc-de-east-1.amazonaws.eu"],
  ]
) {
  Deno.test(`aws-secrets-manager finds the service of ${region}`, async () => {
    await withService(startAws(), async (service) => {
      const asked: string[] = [];
      const target = createTarget("aws-secrets-manager", {
        service,
        config: { region, secret: "ci/heroku" },
        secrets: { AWS_ACCESS_KEY_ID: "AKIA", AWS_SECRET_ACCESS_KEY: "x" },
      }, (input) => {
        asked.push(new URL(String(input)).host);
        return Promise.reject(new TypeError("no network"));
      });
      await assertRejects(() => target.deliver(deliveryOf(1), {}), TargetError);
      assertEquals(asked, [host]);
    });
  });
}

const failures: [type: string, status: number, code: TargetErrorCode][] = [
  ["UnrecognizedClientException", 400, "unauthorized"],
  ["InvalidSignatureException", 400, "unauthorized"],
  ["ExpiredTokenException", 400, "unauthorized"],
  ["AccessDeniedException", 400, "forbidden"],
  ["DecryptionFailure", 400, "forbidden"],
  ["com.amazonaws.secretsmanager#ThrottlingException", 400, "rate_limited"],
  ["InvalidRequestException", 400, "invalid_value"],
  ["EncryptionFailure", 400, "invalid_value"],
  ["LimitExceededException", 400, "rate_limited"],
  ["RequestLimitExceeded", 400, "rate_limited"],
  ["InternalServiceError", 400, "unavailable"],
  ["InternalServiceFailure", 400, "unavailable"],
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
