/** Files that PyTorch made: each parameter's own default is named. */

import { expect, test } from "vitest";
import { identifyModel } from "../../../src/check/index.ts";
import { openModel } from "../../../src/formats/file.ts";
import { shared } from "../../formats/corpus-paths.ts";

/** Shortest account of each parameter: "U torch", "trained". */
async function account(file: string): Promise<Map<string, string>> {
  const model = await openModel(`${shared}models/${file}`);
  const found = new Map<string, string>();
  for (const { parameter, likeness } of identifyModel(model)) {
    const schemes = "schemes" in likeness ? likeness.schemes : [];
    found.set(parameter.name, [likeness.family, ...schemes.slice(0, 1)].join(" "));
  }
  return found;
}

test.each(["digits-mlp.safetensors", "digits-mlp-f16.safetensors", "digits-mlp.npz", "digits-mlp.onnx"])(
  "%s: every layer is PyTorch's default",
  async (file) => {
    const found = await account(file);
    for (const layer of ["fc1", "fc2", "fc3"]) expect(found.get(`${layer}.weight`)).toBe("uniform torch");
    for (const layer of ["fc1", "fc2"]) expect(found.get(`${layer}.bias`)).toBe("uniform torch");
    expect(found.get("fc3.bias")).toBe("unknown");
  },
);

test("a transformer: tables, norms, projections; in bfloat16 too", async () => {
  for (const file of ["gpt-mini.safetensors", "gpt-mini-bf16.safetensors"]) {
    const found = await account(file);
    expect(found.get("wte.weight")).toBe("normal torch");
    expect(found.get("h.0.ln_1.weight")).toBe("ones");
    expect(found.get("h.0.ln_1.bias")).toBe("zeros");
    for (const name of ["attn.c_attn.weight", "attn.c_proj.weight", "mlp.c_fc.weight", "mlp.c_proj.weight"])
      expect(found.get(`h.1.${name}`)).toBe("uniform torch");
  }
});

test("what is not a default is named too: sine networks, constants, a scale of its own", async () => {
  const siren = await account("siren.onnx");
  expect(siren.get("net.0.weight")).toBe("uniform siren-first");
  expect(siren.get("net.1.weight")).toBe("uniform siren");
  expect((await account("constant-mlp.onnx")).get("fc1.weight")).toBe("constant");
  expect((await account("zero-mlp.onnx")).get("fc1.weight")).toBe("zeros");
  expect((await account("saturated-mlp.onnx")).get("fc1.weight")).toBe("normal");
});
