/** Plans as code, for people who want the numbers in their own training script: no dependency on Epoch0 in what is printed. */

import type { Plan } from "../../plan/types.ts";
import type { EmitTarget } from "./common.ts";
import { emitJax } from "./jax.ts";
import { emitKeras } from "./keras.ts";
import { emitTfjs } from "./tfjs.ts";
import { emitTorch } from "./torch.ts";

export { EMIT_TARGETS, type EmitTarget } from "./common.ts";

/**
 * Source code of one function that initializes a model by parameter name with the plan's distributions.
 *
 * @example emitCode(plan, "torch") // "import torch\nfrom torch import nn\n…def initialize(module, seed=0): …"
 */
export function emitCode(plan: Plan, target: EmitTarget): string {
  switch (target) {
    case "torch":
      return emitTorch(plan);
    case "keras":
      return emitKeras(plan);
    case "jax":
      return emitJax(plan);
    case "tfjs":
      return emitTfjs(plan);
  }
}
