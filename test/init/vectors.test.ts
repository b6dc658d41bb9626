/** Frozen values of the kinds that the NumPy reference does not cover: the float64 cut, and everything structured. */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { draw, type Initializer } from "../../src/init/index.ts";

interface Vector {
  readonly initializer: Initializer;
  readonly shape: readonly number[];
  readonly bits: readonly string[];
}

const { seed, name, vectors }: { readonly seed: number; readonly name: string; readonly vectors: readonly Vector[] } =
  JSON.parse(readFileSync(new URL("../golden/stream-v1-structured.json", import.meta.url), "utf8"));

test.each(vectors.map((vector) => [JSON.stringify(vector.initializer), vector] as const))("%s", (_, vector) => {
  const values = draw(vector.initializer, { seed, name, shape: vector.shape });
  const bits = Array.from(new Uint32Array(values.buffer), (word) => word.toString(16).padStart(8, "0"));
  expect(bits).toEqual(vector.bits);
});
