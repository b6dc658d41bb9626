/** Writing is bounded by a tile, not by the model. */

import { expect, test } from "vitest";
import { openModel } from "../../src/formats/file.ts";
import { streamWeights } from "../../src/materialize/index.ts";
import { plan } from "../../src/plan/index.ts";
import { shared } from "../formats/corpus-paths.ts";

const MEGABYTE = 2 ** 20;

/**
 * A tile of 2^20 values takes 4 MB as drawn and 2 MB as written; the collector lets some tens of them pile up. The
 * largest tensor (25088 × 4096) would take 392 MB, the file 264 MB.
 */
const MOST = 160 * MEGABYTE;

test("138 million parameters go out tile by tile", async () => {
  const planned = plan(await openModel(`${shared}models/skeleton-vgg16.onnx`), { scheme: "torch" });
  expect(planned.model.scalars).toBe(138_357_544);
  let written = 0;
  let longest = 0;
  let peak = 0;
  const before = process.memoryUsage.rss();
  const write = (chunk: Uint8Array): Promise<void> => {
    written += chunk.length;
    longest = Math.max(longest, chunk.length);
    peak = Math.max(peak, process.memoryUsage.rss());
    return Promise.resolve();
  };
  await streamWeights({ write }, planned, "safetensors", { dtype: "f16" });
  expect(written).toBeGreaterThan(2 * planned.model.scalars);
  expect(longest).toBeLessThanOrEqual(2 * MEGABYTE);
  expect(peak - before).toBeLessThan(MOST);
}, 120_000);
