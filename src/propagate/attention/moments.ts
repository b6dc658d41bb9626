/**
 * Moments of softmax weights over n keys whose scores are independent Gaussians of one variance, for any variance and n.
 *
 * With Z = Σ e^{s_k} and 1/Z^m = ∫ t^{m−1} e^{−tZ} dt / Γ(m) (the gamma integral), the keys separate:
 *   E[A_1^a A_2^b] = 1/Γ(a+b) ∫ T_a(x) T_b(x) T_0(x)^{n−2} dx,   T_k(x) = E[u^k e^{−u}], u = e^{x+s}, x = ln t,
 * T_0 being the Laplace transform of the log-normal law (Asmussen, Jensen & Rojas-Nandayapa 2016). Both integrals are
 * taken by the trapezoidal rule, which converges like e^{−π²/step} here (Trefethen & Weideman 2014, theorem 5.1; the
 * transform of u^k e^{−u} in ln u is Γ(k + iω)): error below 1e-7 relative at the step of 0.4, for variances up to 400.
 */

const STEP = 0.4;
/** Orders of u that second moments of weights and of their gradients need. */
const ORDERS = 5;
/** e^{-e^6} = 1e-175: beyond, nothing is left. */
const CEILING = 6;
const LARGEST_VARIANCE = 400;
/** Limit of Σ 1/k − ln n (Euler): minus the mean of the logarithm of an exponential variable. */
const EULER = 0.5772156649015329;

interface Transform {
  readonly low: number;
  readonly count: number;
  /** T_k(low + i·STEP), one array an order. */
  readonly orders: readonly Float64Array[];
}

/** Where the logarithm of 1/Z can lie, for up to a million keys: 14 + σ(√(2·14) + 5) below, 8σ above. */
function tabulate(variance: number): Transform {
  const sigma = Math.sqrt(variance);
  const step = Math.min(STEP, sigma / 2);
  const reach = sigma === 0 ? 0 : Math.ceil((9 * sigma) / step);
  const weights = Float64Array.from({ length: 2 * reach + 1 }, (_, i) =>
    sigma === 0 ? 1 : Math.exp((-(((i - reach) * step) ** 2) / variance) * 0.5),
  );
  const total = weights.reduce((sum, w) => sum + w, 0);
  const low = -(26 + 10.3 * sigma);
  const count = Math.ceil((8 * sigma + CEILING - low) / STEP) + 1;
  const orders = Array.from({ length: ORDERS }, () => new Float64Array(count));
  for (let i = 0; i < count; i++) {
    for (let j = 0; j <= 2 * reach; j++) {
      const y = low + i * STEP + (j - reach) * step;
      if (y > CEILING) break;
      const u = Math.exp(y);
      let value = (weights[j] / total) * Math.exp(-u);
      for (let k = 0; k < ORDERS; k++, value *= u) orders[k][i] += value;
    }
  }
  return { low, count, orders };
}

/** Results by rounded variance (4 digits: an error below 5e-5·variance in ln E[A²]) and number of keys. */
const transforms = new Map<number, Transform>();
const known = new Map<string, WeightMoments>();
const CACHED = 4096;

const remember = <K, V>(cache: Map<K, V>, key: K, make: () => V): V => {
  const found = cache.get(key);
  if (found !== undefined) return found;
  if (cache.size >= CACHED) cache.clear();
  const value = make();
  cache.set(key, value);
  return value;
};

const rounded = (variance: number): number => Number(Math.min(Math.max(variance, 0), LARGEST_VARIANCE).toPrecision(4));

export interface WeightMoments {
  /** E[A_j²] and E[A_j A_k]. */
  readonly same: number;
  readonly other: number;
  /** E[A_j² (1 − 2A_j + Σ_k A_k²)]: E[δs_j²] for δs_j = A_j(δ_j − Σ_k A_k δ_k) with independent δ of variance 1. */
  readonly slope: number;
  /** Mean and second moment of ln Σ_k e^{s_k}, scores centred. */
  readonly logSum: number;
  readonly logSumSecond: number;
}

/**
 * @param variance of one score, ≥ 0; above 400 taken as 400 (the largest score then holds all but 1/20 of the weight)
 * @param keys ≥ 1
 * @example weightMoments(0, 4).same // 1/16
 */
export function weightMoments(variance: number, keys: number): WeightMoments {
  const v = rounded(variance);
  if (keys <= 1 || v < 1e-8) return evenWeights(Math.max(1, keys), v);
  return remember(known, `${v}|${keys}`, () =>
    integrate(
      remember(transforms, v, () => tabulate(v)),
      keys,
    ),
  );
}

function evenWeights(n: number, variance: number): WeightMoments {
  const logSum = Math.log(n);
  const same = 1 / (n * n);
  return { same, other: same, slope: same * (1 - 1 / n), logSum, logSumSecond: logSum * logSum + variance / n };
}

function integrate({ low, count, orders }: Transform, n: number): WeightMoments {
  const [zero, one, two, three, four] = orders;
  let [a2, a11, a3, a4, a22] = [0, 0, 0, 0, 0];
  // P(ln E − ln Z > x) = T_0(x)^n for an exponential variable E: its mean is −γ − E[ln Z], its variance π²/6 + Var(ln Z).
  // The survival is 1 at the lower end: the trapezoidal rule's end terms there (Euler–Maclaurin) are −h/2, and h²/6 for x.
  let [first, second] = [low - STEP / 2, low * (low - STEP) + (STEP * STEP) / 6];
  for (let i = 0; i < count; i++) {
    const rest = zero[i] ** (n - 2);
    const survival = rest * zero[i] * zero[i];
    a2 += two[i] * zero[i] * rest;
    a11 += one[i] * one[i] * rest;
    a3 += three[i] * zero[i] * rest;
    a4 += four[i] * zero[i] * rest;
    a22 += two[i] * two[i] * rest;
    first += STEP * survival;
    second += 2 * STEP * (low + i * STEP) * survival;
  }
  // Γ(2) = 1, Γ(3) = 2, Γ(4) = 6.
  const slope = STEP * (a2 - a3 + (a4 + (n - 1) * a22) / 6);
  const logSum = -EULER - first;
  const logSumSecond = second - first * first - (Math.PI * Math.PI) / 6 + logSum * logSum;
  return { same: STEP * a2, other: STEP * a11, slope, logSum, logSumSecond };
}
