/** A worker thread of a race: opens model and data once, then does the jobs it is given, one at a time. */

import { parentPort, workerData } from "node:worker_threads";
import { openRace, type RaceOrder } from "./queue-open.ts";
import { createRunner } from "./runner.ts";
import type { Job, Outcome } from "./types.ts";

export type Answer =
  | { readonly kind: "done"; readonly outcome: Outcome }
  | { readonly kind: "failed"; readonly message: string };

const order = workerData as RaceOrder;
const ready = openRace(order).then(({ model, task }) => createRunner(model, task, order.settings));

parentPort?.on("message", async (job: Job) => {
  const answer: Answer = await ready
    .then((runner) => runner.run(job))
    .then(
      (outcome) => ({ kind: "done", outcome }),
      (error: unknown) => ({ kind: "failed", message: error instanceof Error ? error.message : String(error) }),
    );
  parentPort?.postMessage(answer);
});
