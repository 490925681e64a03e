import { assertEquals } from "@std/assert";
import { serverName } from "../../lib/targets/server.ts";

for (
  const [baseUrl, expected] of [
    ["https://gitlab.com", "gitlab.com"],
    ["https://GitLab.com:443/", "gitlab.com"],
    ["https://gitlab.com.", "gitlab.com"],
    ["https://gitlab.com.:8443//", "gitlab.com:8443"],
    ["https://example.com/gitlab/", "example.com/gitlab"],
    ["https://example.com/GitLab", "example.com/GitLab"],
    ["http://127.0.0.1:8080", "http://127.0.0.1:8080"],
    ["http://localhost", "http://localhost"],
  ] as const
) {
  Deno.test(`serverName() makes ${expected} of ${baseUrl}`, () => {
    assertEquals(serverName(baseUrl), expected);
  });
}
