import { assert, assertEquals } from "@std/assert";
import { parseShape } from "../../../worker/config/shape.ts";
import { checkSecrets } from "../../../worker/config/secrets.ts";
import { createEnv, createTable, definitions } from "../sample.ts";

const targets = [
  { type: "store", reader_key_secret: "READER_KEY" },
  { type: "heroku-config-var", app: "acme-web", name: "KEY" },
];
const vars = { CREDENTIALS: [createTable("ci", { targets })] };

Deno.test("parseShape() needs no secret, and no binding", () => {
  const { mistakes, warnings, drafts, needs } = parseShape(vars, definitions);
  assertEquals([mistakes, warnings], [[], []]);
  assertEquals(drafts.map(({ name }) => name), ["ci"]);
  assertEquals(needs.map(({ name, path }) => [name, path]), [
    ["HEROKU_API_TOKEN", undefined],
    ["SEALING_KEY", undefined],
    ["PAGE_KEY", undefined],
    ["READER_KEY", "CREDENTIALS[0] (ci).targets[0].reader_key_secret"],
    ["HEROKU_API_TOKEN", "CREDENTIALS[0] (ci).targets[1]"],
  ]);
});

Deno.test("parseShape() reads no value of a secret", () => {
  const read: string[] = [];
  const env = new Proxy(createEnv(vars), {
    get(target, name) {
      read.push(String(name));
      return Reflect.get(target, name);
    },
  });
  assertEquals(parseShape(env, definitions).mistakes, []);
  assertEquals([...new Set(read)].toSorted(), [
    "ACCOUNTS",
    "ALERTS",
    "CREDENTIALS",
    "FUSE",
    "HEARTBEAT_SECRET",
    "HEROKU_ACCOUNT",
    "HEROKU_URL",
    "OBSERVE",
    "PAGE_URL",
  ]);
});

Deno.test("parseShape() finds what is wrong with variables, and checkSecrets() what is with secrets", () => {
  const wrong = { ...vars, FUSE: 7, CREDENTIAL: [], HEROKU_URL: "x", HEROKU_ACCOUNT: "" };
  const { mistakes, warnings, needs } = parseShape(wrong, definitions);
  assertEquals(mistakes.map(({ path }) => path), ["HEROKU_ACCOUNT", "FUSE", "HEROKU_URL"]);
  assertEquals(warnings.map(({ path }) => path), ["CREDENTIAL"]);
  assertEquals(checkSecrets(createEnv(), needs), []);
  const unset = checkSecrets({}, needs);
  assertEquals(unset.map(({ path }) => path), [
    "HEROKU_API_TOKEN",
    "SEALING_KEY",
    "PAGE_KEY",
    "READER_KEY",
  ]);
  assert(unset.every(({ message }) => message.startsWith("Is not set")));
});
