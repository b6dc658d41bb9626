/** All experiments: the essay's statements in its own order, then the papers. */

import { glorot2010 } from "./papers/glorot-2010.ts";
import { he2015 } from "./papers/he-2015.ts";
import { lecun1998 } from "./papers/lecun-1998.ts";
import { lsuv2016 } from "./papers/lsuv-2016.ts";
import { residualScaling } from "./papers/residual-scaling.ts";
import { rumelhart1986 } from "./papers/rumelhart-1986.ts";
import { saxe2014 } from "./papers/saxe-2014.ts";
import { schoenholz2017 } from "./papers/schoenholz-2017.ts";
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
  rumelhart1986,
  lecun1998,
  glorot2010,
  he2015,
  saxe2014,
  schoenholz2017,
  lsuv2016,
  residualScaling,
];
