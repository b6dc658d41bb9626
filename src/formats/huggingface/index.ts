/** Hugging Face configurations: shapes of the common families without any weights. */

export { MAX_CONFIG } from "./config.ts";
export { FAMILIES } from "./families/index.ts";
export { type ReadConfigOptions, readConfig } from "./read.ts";
