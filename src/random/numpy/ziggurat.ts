/** The tables of the ziggurat, unpacked on first use. */

import { FI_DOUBLE, FI_FLOAT, KI_DOUBLE, KI_FLOAT, WI_DOUBLE, WI_FLOAT } from "./ziggurat-tables.ts";

export interface Layers {
  /** Layer i takes whole numbers below this at once. */
  readonly accept: Float64Array;
  /** Its width over the range of whole numbers. */
  readonly width: Float64Array | Float32Array;
  /** exp(−x²/2) at its outer edge. */
  readonly height: Float64Array | Float32Array;
}

const bytes = (text: string): ArrayBuffer => Uint8Array.from(atob(text), (char) => char.charCodeAt(0)).buffer;

let double: Layers | null = null;
let single: Layers | null = null;

export const layers = {
  get double(): Layers {
    double ??= {
      // Below 2^52: float64 holds them.
      accept: Float64Array.from(new BigUint64Array(bytes(KI_DOUBLE)), Number),
      width: new Float64Array(bytes(WI_DOUBLE)),
      height: new Float64Array(bytes(FI_DOUBLE)),
    };
    return double;
  },
  get single(): Layers {
    single ??= {
      accept: Float64Array.from(new Uint32Array(bytes(KI_FLOAT))),
      width: new Float32Array(bytes(WI_FLOAT)),
      height: new Float32Array(bytes(FI_FLOAT)),
    };
    return single;
  },
};
