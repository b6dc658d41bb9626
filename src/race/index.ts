/** Schemes trained against each other, on data of one's own or built in. */

export * from "./data/index.ts";
export { type Execute, race } from "./race.ts";
export { mannWhitney, rankSchemes, SIGNIFICANT } from "./ranking.ts";
export { createRunner, type Runner, type Watch } from "./runner.ts";
export { OPTIMIZERS, type RaceResult, type RaceSettings, type Ranked, type RunRecord, type Spread } from "./types.ts";
