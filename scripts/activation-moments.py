"""Writes test/golden/activation-moments.json: moments of the catalogue's activations at 30 digits, computed at 50.

python3 scripts/activation-moments.py   (needs mpmath)

Each activation is written down here a second time, piece by piece, independently of the library.
"""
import json

from mpmath import atan, cos, diff, erf, exp, expm1, inf, log, log1p, mp, mpf, nstr, pi, quad, sin, sqrt, tanh

mp.dps = 50


def sigmoid(x):
    return 1 / (1 + exp(-x))


def softplus(x):
    return log1p(exp(x))


def whole(f):
    return [(-inf, inf, f)]


def pieces(*parts):
    """pieces(f0, b0, f1, b1, f2): f0 below b0, f1 between b0 and b1, f2 above."""
    edges = [-inf, *parts[1::2], inf]
    return [(edges[i], edges[i + 1], f) for i, f in enumerate(parts[0::2])]


def constant(value):
    return lambda x: mpf(value)


def line(slope, offset=0):
    return lambda x: mpf(slope) * x + offset


SELU_ALPHA, SELU_SCALE = mpf("1.6732632423543772"), mpf("1.0507009873554805")
third, sixth, half = mpf(1) / 3, mpf(1) / 6, mpf(1) / 2
gelu = lambda x: x * (1 + erf(x / sqrt(mpf(2)))) / 2

ACTIVATIONS = {
    "identity": whole(line(1)),
    "relu": pieces(constant(0), mpf(0), line(1)),
    "relu6": pieces(constant(0), mpf(0), line(1), mpf(6), constant(6)),
    "leaky_relu": pieces(line(mpf(0.01)), mpf(0), line(1)),
    "prelu": pieces(line(mpf(0.25)), mpf(0), line(1)),
    "rrelu": pieces(line((mpf(0.125) + third) / 2), mpf(0), line(1)),
    "threshold": pieces(constant(0), mpf(1), line(1)),
    "clip": pieces(constant(0), mpf(0), line(1), mpf(1), constant(1)),
    "hard_tanh": pieces(constant(-1), mpf(-1), line(1), mpf(1), constant(1)),
    "hard_sigmoid": pieces(constant(0), mpf(-3), line(sixth, half), mpf(3), constant(1)),
    "hard_swish": pieces(constant(0), mpf(-3), lambda x: x * (x + 3) / 6, mpf(3), line(1)),
    "softshrink": pieces(line(1, half), -half, constant(0), half, line(1, -half)),
    "hardshrink": pieces(line(1), -half, constant(0), half, line(1)),
    "abs": pieces(line(-1), mpf(0), line(1)),
    "square": whole(lambda x: x * x),
    "squared_relu": pieces(constant(0), mpf(0), lambda x: x * x),
    "cube": whole(lambda x: x**3),
    "step": pieces(constant(0), mpf(0), constant(1)),
    "sign": pieces(constant(-1), mpf(0), constant(1)),
    "sigmoid": whole(sigmoid),
    "logistic": whole(sigmoid),
    "log_sigmoid": whole(lambda x: -softplus(-x)),
    "tanh": whole(tanh),
    "lecun_tanh": whole(lambda x: mpf("1.7159") * tanh(2 * x / 3)),
    "tanhshrink": whole(lambda x: x - tanh(x)),
    "softsign": pieces(lambda x: x / (1 - x), mpf(0), lambda x: x / (1 + x)),
    "arctan": whole(atan),
    "erf": whole(erf),
    "gaussian": whole(lambda x: exp(-x * x)),
    "sparse_sigmoid": pieces(constant(0), mpf(-1), line(half, half), mpf(1), constant(1)),
    "elu": pieces(expm1, mpf(0), line(1)),
    "selu": pieces(lambda x: SELU_SCALE * SELU_ALPHA * expm1(x), mpf(0), line(SELU_SCALE)),
    "celu": pieces(expm1, mpf(0), line(1)),
    "gelu": whole(gelu),
    "gelu_tanh": whole(lambda x: x * (1 + tanh(sqrt(2 / pi) * (x + mpf("0.044715") * x**3))) / 2),
    "quick_gelu": whole(lambda x: x * sigmoid(mpf("1.702") * x)),
    "silu": whole(lambda x: x * sigmoid(x)),
    "swish": whole(lambda x: x * sigmoid(x)),
    "mish": whole(lambda x: x * tanh(softplus(x))),
    "phish": whole(lambda x: x * tanh(gelu(x))),
    "softplus": whole(softplus),
    "squareplus": whole(lambda x: (x + sqrt(x * x + 4)) / 2),
    "exp": whole(exp),
    "sin": whole(sin),
    "cos": whole(cos),
    "snake": whole(lambda x: x + sin(x) ** 2),
}

VARIANCES = [mpf(1), mpf("0.25"), mpf(9)]
# ±18 standard deviations leave out 1e-71; exp squared at variance 9 peaks at 6.
REACH = 18


def expectation(parts, variance, integrand):
    sd = sqrt(variance)
    total = mpf(0)
    for low, high, f in parts:
        a, b = max(low, -REACH * sd), min(high, REACH * sd)
        if a >= b:
            continue
        inner = [p * sd for p in (-12, -8, -5, -3, -2, -1, 0, 1, 2, 3, 5, 8, 12) if a < p * sd < b]
        total += quad(lambda x: integrand(f, x) * exp(-x * x / (2 * variance)), [a, *inner, b])
    return total / (sd * sqrt(2 * pi))


def slope(f, x):
    return diff(f, x)


rows = {}
for name, parts in ACTIVATIONS.items():
    rows[name] = [
        {
            "variance": float(v),
            "mean": nstr(expectation(parts, v, lambda f, x: f(x)), 30),
            "secondMoment": nstr(expectation(parts, v, lambda f, x: f(x) ** 2), 30),
        }
        for v in VARIANCES
    ]
    mp.dps = 30
    for row, v in zip(rows[name], VARIANCES):
        row["derivativeSecondMoment"] = nstr(expectation(parts, v, lambda f, x: slope(f, x) ** 2), 20)
    mp.dps = 50
    print(name, flush=True)

with open("test/golden/activation-moments.json", "w") as out:
    json.dump({"made": "python3 scripts/activation-moments.py", "moments": rows}, out, indent=1)
    out.write("\n")
