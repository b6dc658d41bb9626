/** Experiments for a terminal, and as the illustrated essay. */

export { essayPage } from "./page.ts";
export { type ExperimentTextOptions, experimentText, verdictTable } from "./text.ts";
