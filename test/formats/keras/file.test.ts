/** A TF.js model on disk, opened as a person opens it. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { io } from "@tensorflow/tfjs-core";
import { afterAll, expect, test } from "vitest";
import { modelFiles, openModel } from "../../../src/formats/file.ts";
import { plan } from "../../../src/plan/index.ts";
import { MODELS } from "./models.ts";

const folder = mkdtempSync(join(tmpdir(), "epoch0-keras-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("model.json with its weights, and the JSON of the layers alone", async () => {
  const theirs = MODELS.convolutions?.();
  if (theirs === undefined) throw new Error("no model");
  const fetchFunc: typeof fetch = async (_, init) => {
    if (!(init?.body instanceof FormData)) throw new Error("TF.js sent no form");
    for (const [name, part] of init.body.entries()) {
      if (part instanceof Blob) writeFileSync(join(folder, name), new Uint8Array(await part.arrayBuffer()));
    }
    return new Response();
  };
  await theirs.save(io.http("http://localhost/model", { fetchFunc }));

  const path = join(folder, "model.json");
  expect(await modelFiles(path)).toEqual([path, join(folder, "model.weights.bin")]);
  const model = await openModel(path, { batch: 4 });
  expect(model.batch).toBe(4);
  expect(model.unsupported).toEqual([]);
  const fromFile = plan(model, { scheme: "file" });
  const [layer] = fromFile.layers;
  // Inputs of mean square 1: Σ over the taps that hit the map of the kernel's own squares. Each of its 9 taps counts for at least
  // half of the positions at stride 2, and none for more than all; the rest is the variance of a finite kernel, below 20 %.
  const kernel = theirs.weights[0]?.read().dataSync() ?? [];
  const square = Array.from(kernel).reduce((sum, value) => sum + value * value, 0) / kernel.length;
  expect(layer?.output.secondMoment).toBeGreaterThan(0.5 * 27 * square);
  expect(layer?.output.secondMoment).toBeLessThan(1.2 * 27 * square);

  const layersOnly = join(folder, "layers.json");
  writeFileSync(layersOnly, JSON.stringify(theirs.toJSON(null, false)));
  const bare = await openModel(layersOnly, { batch: 4 });
  expect(bare.format).toBe("keras");
  const ours = plan(bare, { scheme: "he-normal" });
  expect(ours.layers).toEqual(plan(model, { scheme: "he-normal" }).layers);
});

test("a file of the manifest outside the folder is not opened", async () => {
  const theirs = MODELS.mlp?.();
  const manifest = [
    { paths: ["../secret.bin"], weights: [{ name: theirs?.weights[0]?.name, shape: [5, 7], dtype: "float32" }] },
  ];
  const path = join(folder, "evil.json");
  writeFileSync(join(folder, "..", "secret.bin"), "secret");
  writeFileSync(path, JSON.stringify({ modelTopology: theirs?.toJSON(null, false), weightsManifest: manifest }));
  const model = await openModel(path);
  expect(() => model.read(String(theirs?.weights[0]?.name))).toThrow("leads outside its folder");
  rmSync(join(folder, "..", "secret.bin"));
});
