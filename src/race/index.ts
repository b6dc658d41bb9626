/** Schemes trained against each other, on data of one's own or built in. */

export * from "./data/index.ts";
