export { describe } from "./describe.ts";
export { type DrawTarget, draw, isElementwise, sample } from "./draw.ts";
export { type FanConvention, type FanOp, type FanOptions, fans } from "./fans.ts";
export { drawFramework } from "./framework/draw.ts";
export { jaxDraws } from "./framework/jax.ts";
export { numpyDraws } from "./framework/numpy.ts";
export { torchDraws } from "./framework/torch.ts";
export type { FrameworkDraws } from "./framework/types.ts";
export { type Law, law } from "./law.ts";
export {
  type GlorotOptions,
  glorotNormal,
  glorotTruncatedNormal,
  glorotUniform,
  type HeOptions,
  heNormal,
  heTruncatedNormal,
  heUniform,
  lecunNormal,
  lecunTruncatedNormal,
  lecunUniform,
  oneOverRootN,
  type SirenOptions,
  siren,
  torchDefault,
  torchGain,
} from "./named-rules.ts";
export { drawParallel, stretchesOf } from "./parallel.ts";
export { type InitializerEntry, initializerByName, initializers } from "./registry.ts";
export {
  bilinear,
  type Centred,
  constant,
  deltaOrthogonal,
  dirac,
  forgetGateBias,
  identity,
  nguyenWidrow,
  normal,
  ones,
  orthogonal,
  sinusoidal,
  sparse,
  type TruncatedNormalOptions,
  truncatedNormal,
  uniform,
  zeros,
} from "./structured.ts";
export { type CutMoments, cutMoments, STD_OF_CUT_AT_2 } from "./truncated-moments.ts";
export type { Fans, Initializer, InitializerKind } from "./types.ts";
export {
  type Distribution,
  type DistributionOptions,
  type FanMode,
  type FanSource,
  ofVariance,
  type RuleOptions,
  type VarianceScalingOptions,
  varianceScaling,
} from "./variance-scaling.ts";
