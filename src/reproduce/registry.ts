/** All experiments: the essay's statements in its own order, then the papers. */

import { backpropFactor } from "./statements/backprop-factor.ts";
import { biggerRate } from "./statements/bigger-rate.ts";
import { depth } from "./statements/depth.ts";
import { oneOverRootN } from "./statements/one-over-root-n.ts";
import { saturation } from "./statements/saturation.ts";
import { slopeIsRate } from "./statements/slope-is-rate.ts";
import { varianceAlgebra } from "./statements/variance-algebra.ts";
import { zeros } from "./statements/zeros.ts";
import type { Experiment } from "./types.ts";

export const experiments: readonly Experiment[] = [
  saturation,
  backpropFactor,
  biggerRate,
  slopeIsRate,
  oneOverRootN,
  varianceAlgebra,
  depth,
  zeros,
];
