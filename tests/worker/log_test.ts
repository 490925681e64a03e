import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { createLog, type LogDetails } from "../../worker/log.ts";
import { canary, now } from "./sample.ts";

const secret = `s3cr3t "with" \\ $& ${canary}`;

function logOne(details: LogDetails, secrets: readonly string[] = [secret]): string[] {
  const lines: string[] = [];
  const log = createLog({ secrets, write: (line) => lines.push(line), now: () => now });
  log.info("something_happened", details);
  return lines;
}

Deno.test("createLog() writes one JSON object a line", () => {
  const lines: string[] = [];
  const log = createLog({ write: (line) => lines.push(line), now: () => now });
  log.info("swept", { started: 2, text: "two\nlines" });
  log.warn("sweep_failed");
  log.error("request_failed", { method: "GET" });
  assertEquals(lines, [
    '{"at":"2026-10-03T14:05:00.000Z","level":"info","event":"swept","started":2,"text":"two\\nlines"}',
    '{"at":"2026-10-03T14:05:00.000Z","level":"warn","event":"sweep_failed"}',
    '{"at":"2026-10-03T14:05:00.000Z","level":"error","event":"request_failed","method":"GET"}',
  ]);
});

Deno.test("createLog() keeps known secrets and Heroku's tokens out, at any depth", () => {
  class Odd extends Error {
    override name = `Odd ${secret}`;
    code = secret;
    request = { headers: { authorization: secret } };
  }
  const table: readonly LogDetails[] = [
    { text: `before ${secret} after` },
    { text: secret + secret },
    { [secret]: 1 },
    { list: [[{ deep: [secret] }]] },
    { map: new Map([[secret, secret]]), set: new Set([secret]) },
    { error: new Odd(`Cannot use ${secret}`, { cause: new Error(secret) }) },
    { json: JSON.stringify({ key: secret }) },
    { url: `https://example.com/?key=${encodeURIComponent(secret)}` },
    { token: `HRKU-${canary}-0123` },
    { header: `Bearer ${canary}0123456789abcdef` },
  ];
  for (const details of table) {
    const [line] = logOne(details);
    assert(!line.includes(canary), line);
    assert(line.includes("[redacted]"), line);
  }
});

Deno.test("createLog() leaves what is no secret, ids of authorizations included", () => {
  const id = "01234567-89ab-cdef-0123-456789abcdef";
  assertEquals(JSON.parse(logOne({ authorization: id, credential: "ci-deploy" })[0]), {
    at: "2026-10-03T14:05:00.000Z",
    level: "info",
    event: "something_happened",
    authorization: id,
    credential: "ci-deploy",
  });
});

Deno.test("createLog() writes an error's name, message and code, and never its stack", () => {
  const error = Object.assign(new TypeError("Cannot do it"), { code: "network", status: 500 });
  assertEquals(JSON.parse(logOne({ error })[0]).error, {
    name: "TypeError",
    message: "Cannot do it",
    code: "network",
  });
});

Deno.test("createLog() lets no detail take the place of when, how serious and what", () => {
  const line = JSON.parse(logOne({ at: "never", level: "none", event: "nothing", more: 1 })[0]);
  assertEquals([line.level, line.event, line.more], ["info", "something_happened", 1]);
});

Deno.test("createLog() never throws, and always writes a line that says what happened", () => {
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  const table: readonly LogDetails[] = [
    cycle,
    { big: 12n, nan: NaN, missing: undefined, nothing: null },
    { run: () => 1, mark: Symbol("mark"), when: new Date(NaN) },
    {
      get broken(): string {
        throw new Error("broken");
      },
    },
    { proxy: new Proxy({}, { ownKeys: () => [canary, canary] }) },
    { json: { toJSON: () => secret } },
  ];
  for (const details of table) {
    const lines = logOne(details);
    assertEquals(lines.length, 1);
    assertEquals(JSON.parse(lines[0]).event, "something_happened");
    assert(!lines[0].includes(canary));
  }
});

Deno.test("createLog() survives a writer and a clock that do not work", () => {
  const fail = () => {
    throw new Error("out of order");
  };
  createLog({ write: fail }).error("event");
  createLog({ write: () => {}, now: () => NaN }).error("event");
});

Deno.test("createLog() leaks a secret in no value that there is", () => {
  const text = fc.oneof(fc.string(), fc.constant(secret), fc.constant(`x${secret}y`));
  const details = fc.dictionary(
    text,
    fc.anything({ key: text, values: [text, fc.double()], withBigInt: true, withMap: true }),
  );
  fc.assert(fc.property(details, (details) => {
    const lines = logOne(details);
    assertEquals(lines.length, 1);
    JSON.parse(lines[0]);
    assert(!lines[0].includes(canary), lines[0]);
  }));
});

Deno.test("a line goes to the console by its level", () => {
  const { log, warn, error } = console;
  const written: string[] = [];
  const take = (method: string) => (line: string) =>
    written.push(`${method}: ${JSON.parse(line).level}`);
  Object.assign(console, { log: take("log"), warn: take("warn"), error: take("error") });
  try {
    const made = createLog();
    made.info("a");
    made.warn("b");
    made.error("c");
  } finally {
    Object.assign(console, { log, warn, error });
  }
  assertEquals(written, ["log: info", "warn: warn", "error: error"]);
});
