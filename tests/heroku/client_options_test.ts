import { assertEquals, assertNotMatch, assertThrows } from "@std/assert";
import { checkClientOptions, type ClientOptions } from "../../lib/heroku/client_options.ts";

const TOKEN = "canary-0123456789";

/** Options as a caller without types may give them. */
function untyped(options: unknown): ClientOptions {
  return options as ClientOptions;
}

Deno.test("checkClientOptions() fills in the defaults", () => {
  const { token, baseUrl, timeout, retries } = checkClientOptions({ token: TOKEN });
  assertEquals([token, baseUrl, timeout, retries], [TOKEN, "https://api.heroku.com", 30_000, 3]);
});

Deno.test("checkClientOptions() takes https from anywhere, and http from this machine alone", () => {
  const allowed = [
    ["https://api.example.com/", "https://api.example.com"],
    ["https://proxy.example.com/heroku//", "https://proxy.example.com/heroku"],
    ["http://localhost:8080", "http://localhost:8080"],
    ["http://heroku.localhost", "http://heroku.localhost"],
    ["http://127.0.0.1:1", "http://127.0.0.1:1"],
    ["http://[::1]:1", "http://[::1]:1"],
  ];
  for (const [baseUrl, expected] of allowed) {
    assertEquals(checkClientOptions({ token: TOKEN, baseUrl }).baseUrl, expected);
  }
  const refused = [
    "http://api.heroku.com",
    "http://localhost.example.com",
    "http://127.0.0.1.example.com",
    "http://notlocalhost",
    "http://10.0.0.1",
    "ftp://localhost",
    "file:///etc",
    "api.heroku.com",
    "",
    "https://canary@api.heroku.com",
    "https://user:canary@api.heroku.com",
    "https://api.heroku.com?token=canary",
    "https://api.heroku.com#canary",
  ];
  for (const baseUrl of refused) {
    const error = assertThrows(() => checkClientOptions({ token: TOKEN, baseUrl }), TypeError);
    assertNotMatch(error.message, /canary/);
  }
});

Deno.test("checkClientOptions() refuses a token no header can carry, and doesn't quote it", () => {
  for (
    const token of [
      "canary\n",
      "canary\r\nX: y",
      " canary",
      "canary canary",
      "canáry",
      "canary\0",
      "",
      undefined,
      5,
      null,
    ]
  ) {
    const error = assertThrows(() => checkClientOptions(untyped({ token })), TypeError, "'token'");
    assertNotMatch(error.message, /can[aá]ry/);
  }
});

Deno.test("checkClientOptions() refuses wrong types and numbers out of range", () => {
  const table = [
    [undefined, TypeError, "its options must be an object"],
    [null, TypeError, "its options must be an object"],
    ["token", TypeError, "its options must be an object"],
    [{ baseUrl: 5 }, TypeError, "'baseUrl' must be a string"],
    [{ fetch: 5 }, TypeError, "'fetch' must be a function"],
    [{ sleep: 5 }, TypeError, "'sleep' must be a function"],
    [{ userAgent: "" }, TypeError, "'userAgent' must be printable ASCII"],
    [{ userAgent: "a\nb" }, TypeError, "'userAgent' must be printable ASCII"],
    [{ timeout: "5" }, TypeError, "'timeout' must be a number"],
    [
      { timeout: 0 },
      RangeError,
      "'timeout' must be a whole number from 1 to 2147483647: current value is 0",
    ],
    [{ timeout: -1 }, RangeError, "current value is -1"],
    [{ timeout: NaN }, RangeError, "current value is NaN"],
    [{ timeout: Infinity }, RangeError, "current value is Infinity"],
    [{ timeout: 2 ** 31 }, RangeError, "current value is 2147483648"],
    [{ retries: -1 }, RangeError, "'retries' must be a whole number from 0"],
    [{ retries: 1.5 }, RangeError, "current value is 1.5"],
    [{ retries: Infinity }, RangeError, "current value is Infinity"],
    [{ retries: null }, TypeError, "'retries' must be a number"],
  ] as const;
  for (const [options, Class, message] of table) {
    const all = typeof options === "object" && options !== null
      ? { token: TOKEN, ...options }
      : options;
    assertThrows(() => checkClientOptions(untyped(all)), Class, message);
  }
});

Deno.test("checkClientOptions() gives a sleep that an abort ends, its timer with it", async () => {
  const { sleep } = checkClientOptions({ token: TOKEN });
  const stop = new AbortController();
  const cleared: unknown[] = [];
  const { clearTimeout } = globalThis;
  globalThis.clearTimeout = ((timer?: number) => {
    cleared.push(timer);
    clearTimeout(timer);
  }) as typeof clearTimeout;
  try {
    const asleep = sleep(60_000, stop.signal);
    stop.abort();
    await asleep;
  } finally {
    globalThis.clearTimeout = clearTimeout;
  }
  assertEquals(cleared.length, 1);
  await sleep(1);
});
