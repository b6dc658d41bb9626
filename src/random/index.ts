export { density, exp, log, sineOfTurns, upperTail } from "./elementary.ts";
export { createKey, deriveKey, type Key, type Seed, STREAM_VERSION } from "./key.ts";
export { fillNormal, LARGEST_NORMAL } from "./normal.ts";
export { createTorchGenerator, type TorchGenerator } from "./torch/generator.ts";
export { fillTruncatedNormal } from "./truncated-normal.ts";
export { fillUniform } from "./uniform.ts";
export { BLOCK_WORDS, fillBits } from "./words.ts";
