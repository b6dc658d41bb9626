/** A family of architectures as a table: which tensors there are, and how their shapes follow from the configuration. */

import type { ConfigReader } from "./config.ts";

/** Numbers that rows speak of. Flags are 0 and 1. */
export type Sizes = Readonly<Record<string, number>>;

export interface Family {
  /** `model_type` of the configurations that it holds for. */
  readonly types: readonly string[];
  /** What a model with a head puts before the body's names (`base_model_prefix`). */
  readonly prefix: string;
  readonly sizes: (config: ConfigReader) => Sizes;
  /**
   * One tensor a line, in the order of the state dict: name, then its axes. `{n}` counts from 0 to the size n; an axis is a
   * number, a size, or `3*size`; `?flag` keeps the row where the flag is not 0, `!flag` where it is; `=shift` says that the tensor
   * is stored as the difference from 1, so that it starts at 0.
   */
  readonly body: string;
  /** Rows beside the body, by the end of the class's name; the first is taken where the configuration names no class. */
  readonly heads: Readonly<Record<string, Head>>;
  /** Standard deviation that the library's `_init_weights` draws matrices and tables with; null where its rule is another. */
  readonly std: (config: ConfigReader) => number | null;
  /** Names of matrices whose deviation is divided by √(2·layers). */
  readonly scaled?: RegExp;
}

export interface Head {
  readonly rows: string;
  /** Flags of the body that this head sets. */
  readonly sets?: Sizes;
}
