/** A race for people. */

export { racePage } from "./page.ts";
export { raceText } from "./text.ts";
export { raceFinding } from "./words.ts";
