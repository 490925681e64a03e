import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { herotate } from "./command_line.ts";

const root = new URL("../../../", import.meta.url);
const token = `HRKU-AA${"x".repeat(58)}`;
const pageKey = "a3f1".repeat(16);

Deno.test("herotate without a verb shows the help, and ends with 2", async () => {
  const { code, stdout } = await herotate([]);
  assertEquals(code, 2);
  assertStringIncludes(stdout, "Usage: herotate");
});

Deno.test("herotate help and --help end with 0, at 80 columns and without colours", async () => {
  for (const argv of [["help"], ["--help"], ["help", "check"], ["check", "--help"]]) {
    const { code, stdout, stderr } = await herotate(argv);
    assertEquals([code, stderr], [0, ""]);
    assert(stdout.split("\n").every((line) => line.length <= 80), stdout);
    assert(!stdout.includes("\x1b"));
  }
});

Deno.test("the help of a verb fits on a part of the screen", async () => {
  for (
    const verb of ["init", "check", "plan", "inventory", "retire", "status", "events", "deploy"]
  ) {
    const { stdout } = await herotate(["help", verb]);
    const lines = stdout.trimEnd().split("\n");
    assert(lines.length <= 16 && lines.every((line) => line.length <= 80), stdout);
  }
});

Deno.test("herotate refuses wrong usage with 2, and says what is near", async () => {
  for (
    const [argv, says] of [
      [["chek"], "Did you mean check?"],
      [["check", "--jsn"], "unknown option '--jsn'"],
      [["check", "a", "b"], "too many arguments"],
    ] as const
  ) {
    const { code, stdout, stderr } = await herotate(argv);
    assertEquals([code, stdout], [2, ""]);
    assertStringIncludes(stderr, "Cannot understand the arguments: ");
    assertStringIncludes(stderr, says);
  }
});

Deno.test("herotate refuses a token as an argument, and does not repeat it", async () => {
  for (
    const [secret, argv] of [
      [token, ["check", token]],
      [token, ["check", `--token=${token}`]],
      [token, [token]],
      [pageKey, ["check", "--key", pageKey]],
      ["pass-word-of-mine", ["check", "pass-word-of-mine"]],
      [`ghp_${"a".repeat(36)}`, ["check", `ghp_${"a".repeat(36)}`]],
    ] as const
  ) {
    const env = { PAGE_KEY: "pass-word-of-mine" };
    const { code, stdout, stderr } = await herotate(argv, { env });
    assertEquals([code, stdout], [2, ""]);
    assertStringIncludes(stderr, "Cannot take a token as an argument");
    assert(!stderr.includes(secret));
  }
});

Deno.test("herotate does not repeat what follows an option that no verb has", async () => {
  const { code, stderr } = await herotate(["check", "--secret=hunter2hunter2"]);
  assertEquals(code, 2);
  assert(!stderr.includes("hunter2"));
});

Deno.test("herotate colours only on a terminal, and not with NO_COLOR", async () => {
  const colours = async (env: Record<string, string>, isTerminal: boolean) => {
    let said = "";
    const stdout = { write: (text: string) => void (said += text), isTerminal };
    await herotate(["check"], { cwd: root.pathname, env, stdout });
    return said.includes("\x1b[");
  };
  assertEquals(await colours({}, true), true);
  assertEquals(await colours({ NO_COLOR: "1" }, true), false);
  assertEquals(await colours({ TERM: "dumb" }, true), false);
  assertEquals(await colours({}, false), false);
});

Deno.test("The task runs the command line as a process, with its exit codes", async () => {
  for (
    const [args, expected] of [[["check"], 0], [["check", "no.toml"], 2], [["no"], 2]] as const
  ) {
    const { code } = await new Deno.Command(Deno.execPath(), {
      args: ["task", "--quiet", "herotate", ...args],
      cwd: root,
      stdin: "null",
    }).output();
    assertEquals(code, expected);
  }
});
