import { assertEquals } from "@std/assert";
import { retryAfter } from "../../lib/targets/retry_after.ts";

const NOW = Date.parse("2026-12-24T12:00:00Z");

for (
  const [headers, expected] of [
    [{}, undefined],
    [{ "retry-after": "7" }, 7_000],
    [{ "retry-after": "0" }, 0],
    [{ "retry-after": " 1.5 " }, 1_500],
    [{ "retry-after": "Thu, 24 Dec 2026 12:01:30 GMT" }, 90_000],
    [{ "retry-after": "Thu, 24 Dec 2026 11:00:00 GMT" }, 0],
    [{ "retry-after": "soon" }, undefined],
    [{ "retry-after": "-5" }, undefined],
    [{ "retry-after": "" }, undefined],
    [{ "x-ratelimit-reset": String(NOW / 1000 + 60) }, 60_000],
    [{ "x-ratelimit-reset": String(NOW / 1000 - 60) }, 0],
    [{ "ratelimit-reset": String(NOW / 1000 + 45) }, 45_000],
    [{ "ratelimit-reset": "45" }, 45_000],
    [{ "x-ratelimit-reset": "later" }, undefined],
    [{ ratelimit: '"default";r=0;t=30' }, 30_000],
    [{ ratelimit: '"burst";r=7;t=600, "default";r=0;t=30, "day";r=0;t=90' }, 90_000],
    [{ ratelimit: '"default";r=50;t=30' }, undefined],
    [{ ratelimit: "nonsense" }, undefined],
    [{ "retry-after": "7", "x-ratelimit-reset": String(NOW / 1000 + 60) }, 7_000],
    [{ "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(NOW / 1000 + 60) }, 60_000],
    [{ "x-ratelimit-remaining": "4871", "x-ratelimit-reset": String(NOW / 1000 + 60) }, undefined],
    [{ "ratelimit-remaining": "12", "ratelimit-reset": String(NOW / 1000 + 60) }, undefined],
    [{ "x-ratelimit-remaining": "4871", "retry-after": "30" }, 30_000],
    [{ date: "Thu, 24 Dec 2026 11:00:00 GMT", "x-ratelimit-reset": String(NOW / 1000) }, 3_600_000],
    [{
      date: "Thu, 24 Dec 2026 12:30:00 GMT",
      "retry-after": "Thu, 24 Dec 2026 12:30:20 GMT",
    }, 20_000],
  ] as const
) {
  Deno.test(`retryAfter() reads ${JSON.stringify(headers)} as ${expected}`, () => {
    assertEquals(retryAfter(new Headers(headers), NOW), expected);
  });
}
