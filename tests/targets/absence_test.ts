import { assertEquals, assertRejects } from "@std/assert";
import { unlessAbsent } from "../../lib/targets/absence.ts";
import { TargetError } from "../../lib/targets/target.ts";

const HOLDER = /'Project not found/;

function failing(status: number, words: string): Promise<string> {
  return Promise.reject(new TargetError("not_found", `answered ${status} '${words}'`, { status }));
}

Deno.test("unlessAbsent() gives what the request gave", async () => {
  assertEquals(await unlessAbsent(Promise.resolve("here"), HOLDER), "here");
});

Deno.test("unlessAbsent() gives undefined for a 404 that is not about the holder", async () => {
  for (const words of ["Variable not found", "", "an HTML page"]) {
    assertEquals(await unlessAbsent(failing(404, words), HOLDER), undefined);
  }
});

Deno.test("unlessAbsent() lets every other failure through", async () => {
  for (
    const [status, words] of [[404, "Project not found"], [302, "moved"], [410, "gone"]] as const
  ) {
    const error = await assertRejects(() => unlessAbsent(failing(status, words), HOLDER));
    assertEquals(error instanceof TargetError && error.status, status);
  }
  const reason = new Error("The rotation gave up");
  assertEquals(
    await assertRejects(() => unlessAbsent(Promise.reject(reason), HOLDER)),
    reason,
  );
});
