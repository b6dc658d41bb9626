/** Real data that the library carries. */

import { unzlibSync } from "fflate";
import { packed as digitBytes } from "./packed/digits.ts";
import { packed as irisBytes } from "./packed/iris.ts";
import type { Dataset } from "./types.ts";

/** 1797 handwritten digits, 8×8 pixels of 0 … 16, ten classes (Alpaydin & Kaynak 1998). */
export function digits(): Dataset {
  const classes = Array.from({ length: 10 }, (_, i) => String(i));
  return table("digits", digitBytes, [1, 8, 8], classes, 1);
}

/** 150 flowers, four lengths in cm, three species (Fisher 1936). */
export function iris(): Dataset {
  return table("iris", irisBytes, [4], ["setosa", "versicolor", "virginica"], 0.1);
}

/** One byte a number, the label last in each row. */
function table(name: string, packed: string, shape: number[], classes: string[], unit: number): Dataset {
  const bytes = unzlibSync(Uint8Array.from(atob(packed), (char) => char.charCodeAt(0)));
  const width = shape.reduce((total, n) => total * n, 1);
  const count = bytes.length / (width + 1);
  const inputs = new Float32Array(count * width);
  const labels = new Int32Array(count);
  for (let row = 0; row < count; row++) {
    const from = row * (width + 1);
    for (let k = 0; k < width; k++) inputs[row * width + k] = bytes[from + k]! * unit;
    labels[row] = bytes[from + width]!;
  }
  return { name, count, inputs, shape, labels, classes };
}
