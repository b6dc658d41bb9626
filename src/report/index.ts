export { EMIT_TARGETS, type EmitTarget, emitCode } from "./emit/index.ts";
export { explainText } from "./explain.ts";
export { type GainFacts, gainText } from "./gain.ts";
export { planPage } from "./html/index.ts";
export { toJson } from "./json.ts";
export { type MeasuredLayer, planReport } from "./plan.ts";
export { createTheme, palette, type Theme } from "./theme.ts";
export { type Verdict, verdictOf } from "./verdict.ts";
