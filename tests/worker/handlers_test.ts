import { assertEquals } from "@std/assert";
import type { ExportedHandler } from "@cloudflare/workers-types";
import type { Environment, WorkerHandlers } from "../../worker/main.ts";

/** It compiles: what Cloudflare's types ask of a Worker, its handlers are. */
const toExported = (handlers: WorkerHandlers): ExportedHandler<Environment> => handlers;

Deno.test("the handlers are what Cloudflare's types call an exported handler", () => {
  const handlers: WorkerHandlers = {
    fetch: () => Promise.resolve(new Response()),
    scheduled: () => Promise.resolve(),
  };
  assertEquals<unknown>(toExported(handlers), handlers);
});
