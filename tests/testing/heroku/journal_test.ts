import { assertEquals, assertThrows } from "@std/assert";
import { createJournal, type RecordedRequest } from "../../../lib/testing/heroku/journal.ts";

function request(number: number): RecordedRequest {
  return {
    number,
    at: 0,
    method: "GET",
    path: "/account",
    query: "",
    headers: new Headers(),
    status: 200,
    requestId: `request-${number}`,
  };
}

function numbersAfter(limit: number, count: number): number[] {
  const journal = createJournal(limit);
  for (let number = 1; number <= count; number++) journal.add(request(number));
  return journal.requests.map(({ number }) => number);
}

Deno.test("createJournal() remembers all, the latest or none", () => {
  assertEquals(numbersAfter(Infinity, 4), [1, 2, 3, 4]);
  for (let count = 3; count < 250; count++) {
    assertEquals(numbersAfter(3, count), [count - 2, count - 1, count]);
  }
  assertEquals(numbersAfter(0, 5), []);
});

Deno.test("createJournal() refuses a limit that is none", () => {
  assertThrows(() => createJournal(-1), TypeError, "current value is -1");
  assertThrows(() => createJournal(NaN), TypeError, "current value is NaN");
});
