"""Writes src/gaussian/error-function-coefficients.ts: Chebyshev coefficients at 60 digits, cut where they fall below 2e-18.

python3 scripts/error-function-coefficients.py   (needs mpmath)
"""
from mpmath import cos, erf, erfc, exp, mp, mpf, nstr, pi, sqrt

mp.dps = 60
SCALE = mpf(3)


def chebyshev(f, cut):
    n = 160
    nodes = [cos(pi * (k + mpf(1) / 2) / n) for k in range(n)]
    values = [f(x) for x in nodes]
    coefficients = []
    for j in range(60):
        c = (2 if j else 1) * sum(values[k] * cos(j * pi * (k + mpf(1) / 2) / n) for k in range(n)) / n
        if j > 8 and abs(c) < cut:
            return coefficients
        coefficients.append(c)
    return coefficients


def erf_over_x(w):
    x = sqrt((w + 1) / 2)
    return erf(x) / x


def scaled_erfcx(w):
    low = (1 - SCALE) / (1 + SCALE)
    t = low + (w + 1) / 2 * (1 - low)
    x = SCALE * (1 + t) / (1 - t)
    if x > 1e4:
        return (x + SCALE) / (x * sqrt(pi)) * (1 - 1 / (2 * x**2) + 3 / (4 * x**4) - 15 / (8 * x**6))
    return (x + SCALE) * exp(x * x) * erfc(x)


def block(name, about, values):
    rows = "\n".join("  " + repr(float(v)) + "," for v in values)
    return f"/** {about} */\nexport const {name}: readonly number[] = [\n{rows}\n];\n"


with open("src/gaussian/error-function-coefficients.ts", "w") as out:
    out.write("/** Written by scripts/error-function-coefficients.py; not edited by hand. */\n\n")
    out.write(block("ERF_OVER_X", "Chebyshev coefficients of erf(x)/x in w = 2x² − 1, |x| ≤ 1.", chebyshev(erf_over_x, 2e-19)))
    out.write("\n")
    about = "Chebyshev coefficients of (x + 3)·exp(x²)·erfc(x), x ≥ 1, in w = (4t − 1)/3, t = (x − 3)/(x + 3)."
    out.write(block("SCALED_ERFCX", about, chebyshev(scaled_erfcx, 2e-18)))
