/** Parameters of any shape, empty ones too, under any name: planned with finite numbers by every scheme. */

import { expect, test } from "vitest";
import { plan, schemeNames } from "../../src/plan/index.ts";
import { chain } from "./models.ts";

const ROLES = ["weight", "bias", "scale", "embedding", "recurrent", "statistic", "other"] as const;
const SHAPES = [[], [0], [1], [0, 3], [3, 0], [3, 0, 2], [5], [7, 3], [1, 1, 1, 1, 1, 1, 1]];
const NAMES = ["a.weight", "x.weight_ih_l0", "x.weight_hr_l0", "in_proj_weight", "pos_embed", "bias"];

test.each(schemeNames().filter((name) => name !== "file"))("%s", (name) => {
  for (const role of ROLES)
    for (const shape of SHAPES)
      for (const parameter of NAMES) {
        const one = { name: parameter, shape, dtype: "f32", role, stored: { kind: "absent" } } as const;
        const model = {
          ...chain(2, 1, "relu"),
          nodes: [],
          inputs: [],
          outputs: [],
          parameters: new Map([[parameter, one]]),
        };
        const { tensors } = plan(model, { scheme: name === "constant" ? "constant(2)" : name });
        expect(Number.isFinite(tensors[0]?.std), `${parameter} [${shape}] ${role}`).toBe(true);
      }
});
