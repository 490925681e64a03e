import { assert, assertEquals } from "@std/assert";
import { createRandom } from "../../lib/testing/random.ts";
import {
  canonicalize,
  type Event,
  type EventHead,
  hashOf,
  verifyChain,
} from "../../worker/event.ts";

function createChain(length: number, from = 1): string[] {
  let previous: string | null = from === 1 ? null : "f".repeat(64);
  return Array.from({ length }, (_, index) => {
    const event: Event = {
      number: from + index,
      at: new Date(1_790_000_000_000 + index * 1_000).toISOString(),
      kind: index % 3 === 0 ? "minted" : "delivered",
      actor: "rotation",
      credential: `ci-${index % 4}`,
      generation: index % 7,
      authorization: null,
      place: index % 3 === 0 ? null : "heroku-config-var acme-web HEROKU_API_KEY",
      message: null,
      previous,
    };
    const line = canonicalize(event);
    previous = hashOf(line);
    return line;
  });
}

const headOf = (lines: readonly string[]): EventHead => {
  const last = lines.at(-1);
  return last === undefined
    ? { number: 0, hash: null }
    : { number: JSON.parse(last).number, hash: hashOf(last) };
};

Deno.test("canonicalize() gives the members in the order of their names, as RFC 8785 asks", () => {
  const [line] = createChain(1);
  const names = Object.keys(JSON.parse(line));
  assertEquals(names, names.toSorted());
});

Deno.test("verifyChain() takes what is whole, and what goes on after the head that was kept", () => {
  const lines = createChain(20);
  const kept = headOf(lines.slice(0, 12));
  assertEquals(verifyChain(lines, kept), { ok: true, first: 1, head: headOf(lines) });
  assertEquals(verifyChain([], { number: 0, hash: null }).ok, true);
});

Deno.test("verifyChain() finds each of 10,000 random edits, drops, reorders and cuts", () => {
  const random = createRandom(13);
  const draw = (below: number) => Math.floor(random.next() * below);
  const missed: unknown[] = [];
  const tried = { edit: 0, drop: 0, swap: 0, "cut end": 0, "cut start": 0, double: 0, replace: 0 };
  for (let run = 0; run < 10_000; run++) {
    const lines = createChain(2 + draw(30));
    const head = headOf(lines);
    const at = draw(lines.length);
    const changed = [...lines];
    const kinds = Object.keys(tried) as (keyof typeof tried)[];
    const kind = kinds[draw(kinds.length)];
    if (kind === "edit") {
      const position = draw(lines[at].length);
      const code = lines[at].charCodeAt(position) ^ (1 + draw(31));
      changed[at] = lines[at].slice(0, position) + String.fromCharCode(code) +
        lines[at].slice(position + 1);
    } else if (kind === "drop") {
      changed.splice(at, 1);
    } else if (kind === "swap") {
      const other = (at + 1 + draw(lines.length - 1)) % lines.length;
      [changed[at], changed[other]] = [changed[other], changed[at]];
    } else if (kind === "cut end") {
      changed.splice(at);
    } else if (kind === "cut start") {
      changed.splice(0, at + 1);
    } else if (kind === "double") {
      changed.splice(at, 0, lines[at]);
    } else {
      // Whoever changes one event, and chains all that follow to it again.
      let previous = at === 0 ? null : hashOf(changed[at - 1]);
      for (let index = at; index < lines.length; index++) {
        const event: Event = JSON.parse(lines[index]);
        const place = index === at ? "another place" : event.place;
        changed[index] = canonicalize({ ...event, place, previous });
        previous = hashOf(changed[index]);
      }
    }
    tried[kind]++;
    if (verifyChain(changed, head).ok) missed.push({ run, kind, at });
  }
  assertEquals(missed, []);
  assert(Object.values(tried).every((times) => times > 1_000), JSON.stringify(tried));
});

Deno.test("verifyChain() takes a chain without its beginning only where an event says so", () => {
  const later = createChain(5, 40);
  assertEquals(verifyChain(later).ok, false);
  const last: Event = JSON.parse(later[4]);
  const pruned = canonicalize({
    ...last,
    number: 45,
    kind: "pruned",
    message: "Events before 40 were dropped, as they were old enough or too many",
    previous: hashOf(later[4]),
  });
  assertEquals(verifyChain([...later, pruned]).ok, true);
  assertEquals(verifyChain([...later.slice(1), pruned]).ok, false);
});
