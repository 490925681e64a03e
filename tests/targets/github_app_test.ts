import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { generateKeyPairSync } from "node:crypto";
import { TargetError } from "../../lib/targets/target.ts";
import { assertConceals } from "./assert_conceals.ts";
import { createTarget } from "./create_target.ts";
import { deliveryOf } from "./delivery_of.ts";
import { type GitHubService, startGitHub } from "./services/github.ts";
import { refusalOf } from "./services/github_refusals.ts";
import { withService } from "./with_service.ts";

function targetAt(
  service: GitHubService,
  { key = service.app.privateKey, app = {}, config = {}, now }: {
    now?: () => number;
    key?: string;
    app?: Readonly<Record<string, unknown>>;
    config?: Readonly<Record<string, unknown>>;
  } = {},
) {
  service.owners.add("acme/web").add("acme");
  return createTarget("github-actions-secret", {
    service,
    config: {
      repository: "acme/web",
      name: "X",
      app: { id: service.app.id, private_key_secret: "APP_KEY", ...app },
      base_url: service.url,
      ...config,
    },
    secrets: { APP_KEY: key },
    now,
  });
}

for (const [tokens, permissions] of [[1, 0], [0, 1], [1, 1]]) {
  Deno.test(`A GitHub App waits until GitHub knows its new token (${tokens}) and permission (${permissions})`, async () => {
    await withService(startGitHub(), async (service) => {
      service.app.permissions.set("secrets", "write");
      service.ways.unknownTokens = tokens;
      service.ways.unknownPermissions = permissions;
      await targetAt(service).deliver(deliveryOf(1), {});
      const held = service.secrets.get("/repos/acme/web/actions/secrets/X")?.value;
      assertEquals(held, deliveryOf(1).token);
    });
  });
}

Deno.test("A GitHub App's wait for its new token ends when its signal does", async () => {
  await withService(startGitHub(), async (service) => {
    service.app.permissions.set("secrets", "write");
    service.ways.unknownTokens = 9;
    const reason = new Error("The rotation gave up");
    const error = await assertRejects(() =>
      targetAt(service).deliver(deliveryOf(1), { signal: timeoutWith(reason, 100) })
    );
    assertEquals(error, reason);
  });
});

for (const minutes of [-20, -4, 4, 20]) {
  Deno.test(`A GitHub App goes by GitHub's clock when its own is ${minutes} minutes off`, async () => {
    await withService(startGitHub(), async (service) => {
      service.app.permissions.set("secrets", "write");
      const target = targetAt(service, { now: () => service.now() + minutes * 60_000 });
      const receipt = await target.deliver(deliveryOf(1), {});
      assertEquals((await target.confirm(deliveryOf(1), receipt, {})).kind, "timestamp");
    });
  });
}

Deno.test("A GitHub App whose installation is suspended says so", async () => {
  await withService(startGitHub(), async (service) => {
    service.app.permissions.set("secrets", "write");
    service.setFault(({ path }) =>
      path.endsWith("/access_tokens") ? refusalOf("suspendedInstallation") : undefined
    );
    const error = await assertRejects(
      () => targetAt(service).deliver(deliveryOf(1), {}),
      TargetError,
      "unsuspend the installation",
    );
    assertEquals(error.code, "forbidden");
  });
});

/** A signal that ends with a reason. */
function timeoutWith(reason: Error, milliseconds: number): AbortSignal {
  const controller = new AbortController();
  setTimeout(() => controller.abort(reason), milliseconds);
  return controller.signal;
}

Deno.test("A GitHub App's key may be PKCS#1, PKCS#8, or pasted into one line", async () => {
  await withService(startGitHub(), async (service) => {
    service.app.permissions.set("secrets", "write");
    const { privateKey, privateKeyPkcs8 } = service.app;
    assertStringIncludes(privateKey, "BEGIN RSA PRIVATE KEY");
    assertStringIncludes(privateKeyPkcs8, "BEGIN PRIVATE KEY");
    const keys = [
      privateKey,
      privateKeyPkcs8,
      privateKey.replaceAll("\n", "\\n"),
      privateKey.replaceAll("\n", "\r\n"),
      `  ${privateKey.trim()}  `,
      privateKey.replaceAll("\n", ""),
      privateKey.replaceAll("\n", " "),
      `\uFEFF${privateKey}`,
    ];
    for (const [at, key] of keys.entries()) {
      const delivery = deliveryOf(at);
      await targetAt(service, { key }).deliver(delivery, {});
      assertEquals(service.secrets.get("/repos/acme/web/actions/secrets/X")?.value, delivery.token);
    }
    assertEquals(service.violations, []);
  });
});

for (const modulusLength of [1024, 2048, 3072, 4096]) {
  Deno.test(`A GitHub App's key of ${modulusLength} bits is read`, async () => {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength });
    const key = String(privateKey.export({ type: "pkcs1", format: "pem" }));
    await withService(startGitHub(), async (service) => {
      const error = await assertRejects(
        () => targetAt(service, { key }).deliver(deliveryOf(1), {}),
        TargetError,
      );
      // GitHub's refusal shows that the key was read, and signed with.
      assertEquals([error.code, error.status], ["unauthorized", 401]);
      assertConceals(error, [key]);
    });
  });
}

Deno.test("A GitHub App asks for one permission in one repository", async () => {
  await withService(startGitHub(), async (service) => {
    service.app.permissions.set("secrets", "write").set("contents", "write");
    await targetAt(service).deliver(deliveryOf(1), {});
    assertEquals(service.requests.map(({ method, path }) => `${method} ${path}`), [
      "GET /repos/acme/web/installation",
      "POST /app/installations/4711/access_tokens",
      "GET /repos/acme/web/actions/secrets/public-key",
      "PUT /repos/acme/web/actions/secrets/X",
    ]);
    assertEquals(service.requests[1].json, {
      repositories: ["web"],
      permissions: { secrets: "write" },
    });
  });
});

Deno.test("A GitHub App asks for an organization's permission, and for no repository", async () => {
  await withService(startGitHub(), async (service) => {
    service.app.permissions.set("organization_secrets", "write");
    const config = { repository: undefined, organization: "acme" };
    await targetAt(service, { config }).deliver(deliveryOf(1), {});
    assertEquals(service.requests[0].path, "/orgs/acme/installation");
    assertEquals(service.requests[1].json, { permissions: { organization_secrets: "write" } });
  });
});

Deno.test("A GitHub App with a configured installation does not look for it", async () => {
  await withService(startGitHub(), async (service) => {
    service.app.permissions.set("secrets", "write");
    await targetAt(service, { app: { installation: 4711 } }).deliver(deliveryOf(1), {});
    assertEquals(service.requests[0].method, "POST");
    const error = await assertRejects(
      () => targetAt(service, { app: { installation: 4712 } }).deliver(deliveryOf(1), {}),
      TargetError,
      "app.installation",
    );
    assertEquals(error.code, "not_found");
  });
});

Deno.test("A GitHub App says what is wrong with it", async () => {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  await withService(startGitHub(), async (service) => {
    const ec = String(privateKey.export({ type: "pkcs8", format: "pem" }));
    const cut = `${service.app.privateKey.slice(0, 400)}\n-----END RSA PRIVATE KEY-----`;
    for (const key of ["", "token", "-----BEGIN RSA PRIVATE KEY-----", ec, cut]) {
      const error = await assertRejects(
        () => targetAt(service, { key }).deliver(deliveryOf(1), {}),
        TargetError,
        "The Worker secret 'APP_KEY' is no RSA private key",
      );
      assertEquals([error.code, error.retryable], ["unauthorized", false]);
      if (key.length > 40) assertConceals(error, [key]);
    }
    const ungranted = await assertRejects(
      () => targetAt(service).deliver(deliveryOf(1), {}),
      TargetError,
      "grant the app the permission 'secrets: write'",
    );
    assertEquals(ungranted.code, "forbidden");
    const unknown = await assertRejects(
      () => targetAt(service, { app: { id: 12345 } }).deliver(deliveryOf(1), {}),
      TargetError,
      "check 'app.id'",
    );
    assertEquals(unknown.code, "unauthorized");
  });
});

Deno.test("No error shows what a GitHub App works with", async () => {
  await withService(startGitHub(), async (service) => {
    service.app.permissions.set("secrets", "write");
    const seen = new Set([service.app.privateKey]);
    for (const step of ["/installation", "/access_tokens", "/public-key", "/secrets/X"]) {
      service.setFault(({ headers, path }) => {
        seen.add(headers.get("authorization")?.replace("Bearer ", "") ?? "");
        const message = `You sent ${[...headers].reverse().join(" ")}`;
        return path.endsWith(step) ? Response.json({ message }, { status: 401 }) : undefined;
      });
      const error = await assertRejects(
        () => targetAt(service).deliver(deliveryOf(1), {}),
        TargetError,
        "You sent",
      );
      assertStringIncludes(error.message, `${step} answered 401`);
      assertConceals(error, [...seen]);
    }
    const tokens = [...seen].filter((token) => token.startsWith("ghs_"));
    const jwts = [...seen].filter((token) => token.startsWith("eyJ"));
    assert(tokens.length > 0 && jwts.length > 0);
  });
});
