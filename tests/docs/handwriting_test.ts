/**
 * One handwriting: what STYLE asks of every file, as far as a test can see it.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { readSources, type Source } from "./sources.ts";

/** A rule: which files it is about, and what no line of them may hold. */
interface Rule {
  readonly name: string;
  readonly files: RegExp;
  readonly pattern: RegExp;
}

const OURS = /^(mod\.ts|lib\/|worker\/)/;
const CODE = /\.ts$/;
const ANYTHING = /./;

const RULES: readonly Rule[] = [
  {
    name: "module constants are in UPPER_CASE",
    files: OURS,
    // Functions, schemas, definitions of targets and objects with methods are named like functions.
    pattern:
      /^(?:export )?const [a-z]\w*(?:: (?!readonly TargetDefinition)[^=]+)? = (?:[\d"'`[/]|new (?:Set|RegExp|Map)\(\S)/gm,
  },
  {
    name: "defaults are given as `@default {…}`, which JSR shows",
    files: CODE,
    pattern: /(?<=[;.] )(?:Default: |default:? (?:none|nothing|true|false|\d|`))|@default (?!\{)/g,
  },
  {
    name: "moments are counted since the epoch",
    files: CODE,
    pattern: /(?:from|after|of) the (?:Unix )?epoch|Unix (?:epoch|time)|since 1970/gi,
  },
  {
    name: "error classes name themselves on their prototype",
    files: OURS,
    pattern:
      /override (?:readonly )?name\b|this\.name = |extends \w*Error \{\n(?! {2}static \{\n)/g,
  },
  {
    name: "the words are the usual ones",
    files: ANYTHING,
    pattern:
      /\b(?:anew|nobody|henceforth|hitherto|thereof|thereby|wherein|whereby|whilst|hence|thus|lest|erroneous|in Heroku alone|shall)\b/gi,
  },
  {
    name: "after is not called behind",
    files: ANYTHING,
    pattern:
      /\bbehind (?:the|its|a|an|each|every|another|that) (?:last|first|grace|create|delete|sweep|proof|delivery|call|tenth|rotation|step|fault|other)\b|behind \$\{/gi,
  },
  {
    name: "an impossibility has a because, not an as",
    files: ANYTHING,
    pattern: /Cannot [^.\n]{3,80}, as (?:it|the|there|its|they|no)\b/g,
  },
];

const sources = (await readSources()).filter(({ path }) =>
  path !== "tests/docs/handwriting_test.ts"
);

/** Where a rule is broken, as `file:line: what is there`. */
function findBreaches({ files, pattern }: Rule, sources: readonly Source[]): string[] {
  return sources.filter(({ path }) => files.test(path)).flatMap(({ path, text }) =>
    [...text.matchAll(pattern)].map((found) =>
      `${path}:${text.slice(0, found.index).split("\n").length}: ${found[0]}`
    )
  );
}

for (const rule of RULES) {
  Deno.test(`handwriting: ${rule.name}`, () => assertEquals(findBreaches(rule, sources), []));
}

Deno.test("the rules of handwriting find what breaks them", () => {
  const broken = [
    "const lease = 5;",
    "/** How long; default 5. */",
    "/** Milliseconds from the epoch. */",
    'class OddError extends Error {\n  override name = "Odd";',
    "Nobody knows.",
    "It goes behind the grace of the last one.",
    "Cannot rotate 'ci', as it is paused.",
  ];
  const found = RULES.map((rule, index) =>
    findBreaches(rule, [{ path: "lib/a.ts", text: broken[index] }]).length > 0
  );
  assertEquals(found, broken.map(() => true));
});
