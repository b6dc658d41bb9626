/** Entry of a pool's thread, in Node and in browsers. */

import type { Answer, Task } from "./messages.ts";
import { nodeThreads } from "./node-threads.ts";
import { createWork } from "./work.ts";

const work = createWork();

function answer(task: Task): Answer {
  try {
    return work(task);
  } catch (error) {
    return { kind: "failed", message: error instanceof Error ? error.message : String(error) };
  }
}

const transfer = (given: Answer) => (given.kind === "done" && given.bytes !== null ? [given.bytes] : []);
const port = nodeThreads()?.parentPort;
if (port) {
  port.on("message", (task: Task) => {
    const given = answer(task);
    port.postMessage(given, transfer(given));
  });
} else {
  globalThis.onmessage = ({ data }: MessageEvent<Task>) => {
    const given = answer(data);
    globalThis.postMessage(given, { transfer: transfer(given) });
  };
}
