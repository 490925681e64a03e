import { assertEquals } from "@std/assert";
import { spellAddress } from "../../lib/targets/address.ts";

for (
  const [address, spelled] of [
    ["https://example.com", "https://example.com/"],
    ["HTTPS://EXAMPLE.com:443/A", "https://example.com/A"],
    ["https://example.com./", "https://example.com/"],
    ["https://example.com..:8443/", "https://example.com:8443/"],
    ["https://example.com/a/./b/../c", "https://example.com/a/c"],
    ["https://example.com/%7eada/%41", "https://example.com/~ada/A"],
    ["https://example.com/a%2fb", "https://example.com/a%2Fb"],
    ["https://example.com/é", "https://example.com/%C3%A9"],
    ["https://bücher.example/", "https://xn--bcher-kva.example/"],
    ["https://example.com/?", "https://example.com/"],
    ["https://example.com/?b=1&a=2", "https://example.com/?b=1&a=2"],
    ["http://127.1:80/", "http://127.0.0.1/"],
    ["http://[0:0::1]:8787/x", "http://[::1]:8787/x"],
    ["http://localhost.:8787/", "http://localhost:8787/"],
  ] as const
) {
  Deno.test(`spellAddress() spells ${address} as ${spelled}`, () => {
    assertEquals(spellAddress(address).href, spelled);
  });
}
