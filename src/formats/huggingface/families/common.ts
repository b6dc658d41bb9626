/** What many families share. */

import type { ConfigReader } from "../config.ts";
import type { Sizes } from "../types.ts";

/** What the library's configurations take where they are silent. */
const DEFAULT_STD = 0.02;

export const initializerRange = (config: ConfigReader): number => config.number("initializer_range") ?? DEFAULT_STD;

export const initStd = (config: ConfigReader): number => config.number("init_std") ?? DEFAULT_STD;

/** Whether the readout has a matrix of its own. `or`: what the class takes where the configuration is silent. */
export const untied = (config: ConfigReader, or: boolean): number => 1 - config.flag("tie_word_embeddings", or);

/** Classes of a classifier; two where the configuration is silent, as in the library. */
export function labels(config: ConfigReader): Sizes {
  return { labels: config.count("id2label") ?? config.size("num_labels", 2) };
}

/** Weight and bias of linear layers or norms: `name out in` gives the rows of both. */
export function withBias(table: string): string {
  return table
    .split("\n")
    .map((line) => {
      const [name, out, ...rest] = line.trim().split(/\s+/);
      if (name === undefined || name === "" || !name.endsWith(".*")) return line;
      const conditions = rest.filter((word) => /^[?!]/.test(word));
      const stem = name.slice(0, -1);
      return `${[`${stem}weight`, out, ...rest].join(" ")}\n${[`${stem}bias`, out, ...conditions].join(" ")}`;
    })
    .join("\n");
}
