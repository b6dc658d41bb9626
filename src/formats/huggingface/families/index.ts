/** Every family that is known, by `model_type`. */

import type { Family } from "../types.ts";
import { decoders } from "./decoders.ts";
import { encoders } from "./encoders.ts";
import { llamaLike } from "./llama.ts";
import { seq2seq } from "./seq2seq.ts";
import { vision } from "./vision.ts";

export const FAMILIES: readonly Family[] = [...llamaLike, ...decoders, ...encoders, ...vision, ...seq2seq];
