/** Weights drawn for every real .onnx of the corpus load strictly into the PyTorch module it came from. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { openModel } from "../../src/formats/file.ts";
import { writeWeights } from "../../src/materialize/write-file.ts";
import { plan } from "../../src/plan/index.ts";
import { shared } from "../formats/corpus-paths.ts";

const folder = mkdtempSync(join(tmpdir(), "epoch0-pytorch-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Entry {
  readonly module?: string;
}

/** Real weights only: skeletons need torchvision. A folded export has no BatchNorm left to load into its module. */
const manifest: { files: Record<string, Entry> } = JSON.parse(readFileSync(`${shared}models/manifest.json`, "utf8"));
const models = readdirSync(`${shared}models`)
  .filter((name) => name.endsWith(".onnx") && !name.startsWith("skeleton-") && name !== "bn-cnn-folded.onnx")
  .flatMap((name) => {
    const module = manifest.files[name]?.module?.split(/[;#]/)[0]?.trim();
    return module ? [{ name, module }] : [];
  });

const script = `
import sys, json, struct, re, functools
sys.path.insert(0, sys.argv[1]); sys.dont_write_bytecode = True
import torch
from torch import nn
import modules as m
names = {"elu": nn.ELU, "hardswish": nn.Hardswish, "leakyrelu": functools.partial(nn.LeakyReLU, 0.1), "mish": nn.Mish,
  "prelu": nn.PReLU, "selu": nn.SELU, "silu": nn.SiLU, "softplus": nn.Softplus, "nn": nn}
def load(path):
    raw = bytearray(open(path, "rb").read()); n = struct.unpack("<Q", raw[:8])[0]; head = json.loads(raw[8:8 + n]); head.pop("__metadata__")
    kinds = {"F32": torch.float32, "I64": torch.int64, "BOOL": torch.bool}
    return {k: torch.frombuffer(raw, dtype=kinds[v["dtype"]], count=max(1, (v["data_offsets"][1] - v["data_offsets"][0]) // torch.empty(0, dtype=kinds[v["dtype"]]).element_size()), offset=8 + n + v["data_offsets"][0]).reshape(v["shape"]) for k, v in head.items()}
out = {}
for name, code in json.load(sys.stdin):
    try:
        net = eval(code, {**vars(m), **names}); state = load(sys.argv[2] + "/" + name + ".safetensors")
        buffers = {k: v for k, v in net.named_buffers() if v.dtype == torch.bool}
        net.load_state_dict({**state, **{k: v for k, v in buffers.items() if k in net.state_dict()}}, strict=True)
        weight = max(((k, p) for k, p in net.named_parameters() if p.dim() > 1), key=lambda e: e[1].numel())
        out[name] = [weight[0], weight[1].double().std(unbiased=False).item(), weight[1].numel()]
    except Exception as error: out[name] = str(error).replace("\\n", " ")
print(json.dumps(out))`;

function havePyTorch(): boolean {
  try {
    execFileSync("/usr/bin/python3", ["-c", "import torch"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

test("every model's drawn weights load strictly, with the spread that the plan says", async () => {
  if (!havePyTorch()) {
    expect(process.env.CI, "CI needs python3 with torch").toBeFalsy();
    console.warn("python3 with torch is missing: nothing was loaded there");
    return;
  }
  expect(models.length).toBeGreaterThan(20);
  const stds = new Map<string, ReadonlyMap<string, number>>();
  for (const { name } of models) {
    const model = await openModel(`${shared}models/${name}`);
    const planned = plan(model, { scheme: "he-normal", seed: 1 });
    stds.set(name, new Map(planned.tensors.map((tensor) => [tensor.name, tensor.std])));
    await writeWeights(join(folder, `${name}.safetensors`), model, planned, { source: `${shared}models/${name}` });
  }
  const input = JSON.stringify(models.map(({ name, module }) => [name, module]));
  const text = execFileSync("/usr/bin/python3", ["-c", script, `${shared}models`, folder], { input, encoding: "utf8" });
  const loaded: Record<string, [string, number, number] | string> = JSON.parse(text);
  const wrong = Object.entries(loaded).filter(([name, result]) => {
    if (typeof result === "string") return true;
    const [tensor, std, count] = result;
    // The standard error of a normal sample's standard deviation is σ/√(2n); five of them.
    const predicted = stds.get(name)?.get(tensor) ?? Number.NaN;
    return !(Math.abs(std / predicted - 1) <= 5 / Math.sqrt(2 * count));
  });
  expect(wrong).toEqual([]);
  expect(Object.keys(loaded).length).toBe(models.length);
});
