/** PyTorch's own initializers and modules, twenty seeds each: family and rule are named in at least 99 of 100. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { identifyModel } from "../../../src/check/index.ts";
import { openModel } from "../../../src/formats/file.ts";

const folder = mkdtempSync(join(tmpdir(), "epoch0-looks-like-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const PYTHON = "/usr/bin/python3";

function havePyTorch(): boolean {
  try {
    execFileSync(PYTHON, ["-c", "import torch"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** Modules as constructed, and every function of torch.nn.init, fan-in 64 and more. */
const SCRIPT = `
import sys, torch
from torch import nn
I = nn.init
def made(f, *shape):
    w = torch.empty(*shape); f(w); return w
for seed in range(20):
    torch.manual_seed(seed)
    d = {}
    for name, m in {"linear": nn.Linear(64, 96), "wide": nn.Linear(300, 50), "conv": nn.Conv2d(16, 32, 3), "lstm": nn.LSTM(64, 64),
                    "attn": nn.MultiheadAttention(64, 4), "embed": nn.Embedding(200, 64), "up": nn.ConvTranspose2d(16, 8, 4)}.items():
        d.update({f"{name}.{k}": v for k, v in m.state_dict().items() if v.dim() > 1})
    for name, f in {"kaiming_uniform": I.kaiming_uniform_, "kaiming_normal": I.kaiming_normal_, "xavier_uniform": I.xavier_uniform_,
                    "xavier_normal": I.xavier_normal_, "orthogonal": I.orthogonal_, "eye": I.eye_, "zeros": I.zeros_, "ones": I.ones_,
                    "gpt": lambda w: I.normal_(w, 0, 0.02), "fan_out": lambda w: I.kaiming_normal_(w, mode="fan_out"),
                    "sparse": lambda w: I.sparse_(w, 0.25), "constant": lambda w: I.constant_(w, 0.3),
                    "trunc": lambda w: I.trunc_normal_(w, std=.02, a=-.04, b=.04), "timm": lambda w: I.trunc_normal_(w, std=.02)}.items():
        d[f"{name}.weight"] = made(f, 80, 64)
    d["dirac.weight"] = made(I.dirac_, 32, 32, 3, 3)
    torch.save(d, f"{sys.argv[1]}/{seed}.pt")
`;

/** By name: family, and a rule that has to be among those told (empty: the family is all there is). */
const EXPECTED: Readonly<Record<string, readonly [family: string, rule: string]>> = {
  "linear.weight": ["uniform", "torch"],
  "wide.weight": ["uniform", "torch"],
  "conv.weight": ["uniform", "torch"],
  "up.weight": ["uniform", "torch"],
  "lstm.weight_ih_l0": ["uniform", "torch"],
  "lstm.weight_hh_l0": ["uniform", "torch"],
  "attn.in_proj_weight": ["uniform", "glorot-uniform"],
  "attn.out_proj.weight": ["uniform", "torch"],
  "embed.weight": ["normal", "torch"],
  "kaiming_uniform.weight": ["uniform", "he-uniform"],
  "kaiming_normal.weight": ["normal", "he-normal"],
  "xavier_uniform.weight": ["uniform", "glorot-uniform"],
  "xavier_normal.weight": ["normal", "glorot-normal"],
  "orthogonal.weight": ["orthogonal", "orthogonal"],
  "eye.weight": ["identity", ""],
  "zeros.weight": ["zeros", ""],
  "ones.weight": ["ones", ""],
  "constant.weight": ["constant", ""],
  "gpt.weight": ["normal", "gpt2"],
  "fan_out.weight": ["normal", "he-normal, fan out"],
  "sparse.weight": ["sparse", "sparse"],
  "trunc.weight": ["truncated-normal", "vit"],
  "timm.weight": ["normal", "gpt2"],
  "dirac.weight": ["dirac", ""],
};

test("modules and functions of PyTorch", async () => {
  if (!havePyTorch()) {
    expect(process.env.CI, "CI needs python3 with torch").toBeFalsy();
    console.warn("python3 with torch is missing: nothing was compared there");
    return;
  }
  execFileSync(PYTHON, ["-c", SCRIPT, folder]);
  const wrong: string[] = [];
  let count = 0;
  for (let seed = 0; seed < 20; seed++) {
    for (const { parameter, likeness } of identifyModel(await openModel(join(folder, `${seed}.pt`)))) {
      const expected = EXPECTED[parameter.name];
      expect(Object.keys(EXPECTED)).toContain(parameter.name);
      const [family = "", rule = ""] = expected ?? [];
      count++;
      const rules = "schemes" in likeness ? likeness.schemes : [];
      if (likeness.family === family && (rule === "" || rules.includes(rule))) continue;
      wrong.push(
        `${seed} ${parameter.name}: ${likeness.family} ${rules.join(", ")} ${"why" in likeness ? likeness.why : ""}`,
      );
    }
  }
  expect(count).toBe(20 * Object.keys(EXPECTED).length);
  // One of a hundred: 4 of 480.
  expect(wrong.length, wrong.join("\n")).toBeLessThanOrEqual(Math.floor(count / 100));
}, 60_000);
