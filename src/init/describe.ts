/** An initializer in a few characters, for tables and sentences. */

import type { Initializer } from "./types.ts";

/** Three significant digits, without trailing zeros; an exponent only where plain digits would be long. */
function figure(value: number): string {
  const size = Math.abs(value);
  if (value !== 0 && (size < 1e-4 || size >= 1e5)) {
    const [digits = "", exponent = ""] = value.toExponential(2).split("e");
    return `${Number(digits)}e${exponent.replace("+", "")}`.replace("-", "−").replace("e-", "e−");
  }
  return String(Number(value.toPrecision(3))).replace("-", "−");
}

function interval(low: number, high: number): string {
  return low === -high ? `±${figure(high)}` : `${figure(low)}, ${figure(high)}`;
}

function basic(initializer: Initializer): string {
  switch (initializer.kind) {
    case "zeros":
      return "0";
    case "ones":
      return "1";
    case "constant":
      return figure(initializer.value);
    case "uniform":
      return `U(${interval(initializer.low, initializer.high)})`;
    case "normal":
      return `N(${figure(initializer.mean)}, ${figure(initializer.std)}²)`;
    case "truncated-normal": {
      const { mean, std, low, high } = initializer;
      const normal = `N(${figure(mean)}, ${figure(std)}²)`;
      if (low === Number.NEGATIVE_INFINITY) return `${normal} ≤ ${figure(high)}`;
      if (high === Number.POSITIVE_INFINITY) return `${normal} ≥ ${figure(low)}`;
      return low === -high ? `${normal} cut at ±${figure(high)}` : `${normal} in [${interval(low, high)}]`;
    }
    case "orthogonal": {
      const matrix = initializer.gain === 1 ? "orthogonal" : `orthogonal × ${figure(initializer.gain)}`;
      return (initializer.blocks ?? 1) > 1 ? `${matrix}, ${initializer.blocks} blocks` : matrix;
    }
    case "delta-orthogonal":
      return initializer.gain === 1 ? "delta-orthogonal" : `delta-orthogonal × ${figure(initializer.gain)}`;
    case "identity":
      return initializer.gain === 1 ? "identity" : `identity × ${figure(initializer.gain)}`;
    case "dirac":
      return initializer.groups > 1 ? `dirac, ${initializer.groups} groups` : "dirac";
    case "sparse":
      return `N(0, ${figure(initializer.std)}²), ${figure(100 * initializer.sparsity)}% zeros`;
    case "nguyen-widrow":
      return `rows of length ${figure(initializer.beta)}`;
    case "bilinear":
      return "bilinear";
    case "sinusoidal":
      return `sines, σ ${figure(initializer.std)}`;
    case "blocks":
      return blocks(initializer.parts);
    case "file":
      return `as in the file (${figure(initializer.mean)} ± ${figure(initializer.std)})`;
  }
}

/** Neighbours that read the same are counted together: "2 × [U(±0.1)], [0]". */
function blocks(parts: readonly { readonly size: number; readonly initializer: Initializer }[]): string {
  const groups: { text: string; size: number }[] = [];
  for (const part of parts) {
    const text = describe(part.initializer);
    const last = groups[groups.length - 1];
    if (last?.text === text) last.size += part.size;
    else groups.push({ text, size: part.size });
  }
  return groups.map(({ text, size }) => `${text} × ${size}`).join(" | ");
}

/**
 * Short text of an initializer; the number behind N(…) is the standard deviation with its square sign.
 *
 * @example describe({ kind: "normal", mean: 0, std: 0.0442 }) // "N(0, 0.0442²)"
 * @example describe({ kind: "uniform", low: -0.125, high: 0.125 }) // "U(±0.125)"
 */
export function describe(initializer: Initializer): string {
  const text = basic(initializer);
  return "rowCentred" in initializer && initializer.rowCentred ? `${text}, row-centred` : text;
}
