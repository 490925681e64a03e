/**
 * One of the processes of the proof: it tries the pieces that it is given.
 *
 * @module
 */
/// <reference lib="deno.worker" />
import type { Task } from "./tasks.ts";
import { installPromptRuntime } from "../simulation/prompt_runtime.ts";

installPromptRuntime();
const { perform } = await import("./tasks.ts");

self.onmessage = async ({ data }: MessageEvent<Task>) => {
  self.postMessage(await perform(data));
};
self.postMessage("ready");
