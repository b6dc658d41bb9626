/** The essay's statements, and headline results of papers, as experiments whose verdicts tests decide. */

export { experiments } from "./registry.ts";
export {
  experimentIds,
  type ReproduceOptions,
  type Reproduction,
  type Result,
  reproduce,
  selectExperiments,
} from "./reproduce.ts";
export type { GivenSettings, Setting, SettingSchema } from "./settings.ts";
export { rangeText } from "./settings.ts";
export type * from "./types.ts";
