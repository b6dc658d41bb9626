/** PyTorch files against the same weights in other formats, and against what PyTorch itself says of files made on the spot. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { openModel } from "../../../src/formats/file.ts";
import { readPt } from "../../../src/formats/pt/index.ts";
import { shared } from "../corpus-paths.ts";

const folder = mkdtempSync(join(tmpdir(), "epoch0-pt-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function contents(path: string) {
  const model = await openModel(path);
  return [...model.parameters.values()].map(({ name, shape, dtype, role }) => {
    const tiles = [...(model.tiles?.(name) ?? [])].flatMap((piece) => [...piece]);
    const values = [...(model.read(name) ?? [])];
    expect(tiles).toEqual(values);
    return { name, shape, dtype, role, values };
  });
}

test.each([
  ["digits-mlp.pt", "digits-mlp.safetensors"],
  ["digits-mlp-legacy.pt", "digits-mlp.safetensors"],
  ["bn-cnn.pt", "bn-cnn.safetensors"],
  ["lenet5.pt", "lenet5.npz"],
  ["gpt-mini.pt", "gpt-mini.safetensors"],
])("%s holds what %s holds, to the bit", async (pt, other) => {
  expect(await contents(`${shared}models/${pt}`)).toEqual(await contents(`${shared}models/${other}`));
});

test("of a training checkpoint the weights are taken, the optimizer's state is not", () => {
  const model = readPt(new Uint8Array(readFileSync(`${shared}models/autoencoder-checkpoint.pt`)));
  expect([...model.parameters.keys()]).toEqual(
    ["encoder.0", "encoder.2", "decoder.0", "decoder.2"].flatMap((layer) => [`${layer}.weight`, `${layer}.bias`]),
  );
  expect(model.format).toBe("torch");
  expect(model.notes[0]?.message).toContain("PyTorch state dict holds weights and no graph");
});

const PYTHON = "/usr/bin/python3";

function havePyTorch(): boolean {
  try {
    execFileSync(PYTHON, ["-c", "import torch"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** Every way in which a tensor may lie in its storage, every dtype, nested and wrapped; told back as lists by PyTorch. */
const SCRIPT = `
import collections, json, sys, torch, numpy as np
torch.manual_seed(0)
folder = sys.argv[1]
a = torch.randn(6, 8)
big = torch.randn(3000, 700)
def sd():
    d = collections.OrderedDict()
    d["plain"] = a.clone()
    d["transposed"] = a.t()
    d["slice"] = a[1:5, 2:7]
    d["steps"] = a[::2, ::3]
    d["column"] = big[:, 5]
    d["columns"] = big[10:20, ::350]
    d["expanded"] = torch.arange(3.).expand(4, 3)
    d["scalar"] = torch.tensor(2.5)
    d["empty"] = torch.zeros(0, 3)
    d["permuted"] = torch.randn(2, 3, 4).permute(2, 0, 1)
    d["shared"] = d["plain"]
    d["parameter"] = torch.nn.Parameter(torch.randn(3))
    for t in ["float16", "bfloat16", "float64", "int64", "int32", "int16", "int8", "uint8", "bool"]:
        d[t] = (torch.randn(5) * 3).to(getattr(torch, t))
    return d
d = sd()
net = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4))
opt = torch.optim.SGD(net.parameters(), lr=.1, momentum=.9)
net(torch.randn(8, 3)).sum().backward(); opt.step()
files = {
  "zip": (d, {}),
  "legacy": (d, {"_use_new_zipfile_serialization": False}),
  "protocol4": (d, {"pickle_protocol": 4}),
  "lightning": ({"state_dict": d, "optimizer_states": [opt.state_dict()], "epoch": 3, "lr": np.float64(.1), "shape": torch.Size([2])}, {}),
  "nested": ({"encoder": {"weight": d["plain"], "bias": d["slice"]}, "decoder": collections.OrderedDict(weight=d["steps"])}, {}),
  "checkpoint": ({"model": net.state_dict(), "optimizer": opt.state_dict(), "args": {"x": {1, 2}}}, {}),
  "tensor": (d["transposed"], {}),
}
out = {}
def told(t):
    t = t.detach()
    return {"shape": list(t.shape), "dtype": str(t.dtype), "values": t.double().flatten().tolist()}
def flat(x, prefix=""):
    if torch.is_tensor(x): return {prefix or "tensor": told(x)}
    r = {}
    for k, v in x.items(): r.update(flat(v, prefix + ("." if prefix else "") + str(k)))
    return r
weights = {"lightning": d, "checkpoint": net.state_dict()}
for name, (value, options) in files.items():
    torch.save(value, f"{folder}/{name}.pt", **options)
    out[name] = flat(weights.get(name, value))
torch.save(net, f"{folder}/module.pt")
torch.save({"freqs": torch.randn(3, dtype=torch.complex64), "w": torch.randn(2)}, f"{folder}/complex.pt")
print(json.dumps(out))
`;

const DTYPES: Readonly<Record<string, string>> = {
  f64: "float64",
  f32: "float32",
  f16: "float16",
  bf16: "bfloat16",
  i64: "int64",
  i32: "int32",
  i16: "int16",
  i8: "int8",
  u8: "uint8",
  bool: "bool",
};

test("views, shared storages, dtypes and checkpoints of every kind are what PyTorch says they are", async () => {
  if (!havePyTorch()) {
    expect(process.env.CI, "CI needs python3 with torch").toBeFalsy();
    console.warn("python3 with torch is missing: nothing was compared there");
    return;
  }
  const told = JSON.parse(execFileSync(PYTHON, ["-c", SCRIPT, folder], { encoding: "utf8", maxBuffer: 2 ** 27 }));
  for (const [file, tensors] of Object.entries(told)) {
    const found = Object.fromEntries(
      (await contents(join(folder, `${file}.pt`))).map(({ name, shape, dtype, values }) => [
        name,
        { shape, dtype: `torch.${DTYPES[dtype]}`, values },
      ]),
    );
    expect(found, file).toEqual(tensors);
  }
  await expect(openModel(join(folder, "module.pt"))).rejects.toThrow(
    /names "torch\.nn\.modules\.container\.Sequential", which no tensor needs.*torch\.save\(model\.state_dict\(\), path\)/,
  );
  const model = await openModel(join(folder, "complex.pt"));
  expect([...model.parameters.keys()]).toEqual(["w"]);
  expect(model.notes.at(-1)?.tensors).toEqual(["freqs"]);
}, 60_000);
