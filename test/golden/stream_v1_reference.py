"""Stream version 1, written again in NumPy from docs/streams.md alone: makes stream-v1.json.

    python3 stream_v1_reference.py > stream-v1.json
"""

import json
import math
import numpy as np

F = np.float32
M = 0xFFFFFFFF


def rotl(x, r):
    return ((x << r) | (x >> (32 - r))) & M


def murmur128(data):
    c = [0x239B961B, 0xAB0E9789, 0x38B34AE5, 0xA1E38B93]
    h = [0, 0, 0, 0]
    mix = lambda k, i: (rotl(k * c[i] & M, 15 + i) * c[(i + 1) % 4]) & M
    padded = data + bytes(-len(data) % 16)
    for at in range(0, len(padded), 16):
        k = [int.from_bytes(padded[at + 4 * i : at + 4 * i + 4], "little") for i in range(4)]
        if at + 16 > len(data):
            for i in range(4):
                h[i] ^= mix(k[i], i)
            continue
        for i, (r, add) in enumerate([(19, 0x561CCD1B), (17, 0x0BCAA747), (15, 0x96CD1C35), (13, 0x32AC3B17)]):
            h[i] ^= mix(k[i], i)
            h[i] = ((rotl(h[i], r) + h[(i + 1) % 4]) * 5 + add) & M
    h = [x ^ len(data) for x in h]

    def spread():
        h[0] = sum(h) & M
        for i in (1, 2, 3):
            h[i] = (h[i] + h[0]) & M

    spread()
    for i in range(4):
        x = h[i]
        x = ((x ^ (x >> 16)) * 0x85EBCA6B) & M
        x = ((x ^ (x >> 13)) * 0xC2B2AE35) & M
        h[i] = x ^ (x >> 16)
    spread()
    return h


def philox(counter, key):
    c, k = list(counter), list(key)
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(p1 >> 32) ^ c[1] ^ k[0], p1 & M, (p0 >> 32) ^ c[3] ^ k[1], p0 & M]
        k = [(k[0] + 0x9E3779B9) & M, (k[1] + 0xBB67AE85) & M]
    return c


def create_key(seed, name):
    seed %= 2**64
    return philox(murmur128(name.encode()), [seed & M, seed >> 32])


def block(key, b):
    out = np.zeros((512, 4), dtype=np.uint32)
    for lane in range(4):
        s = philox([b & M, ((b >> 32) << 2 | lane) & M, key[2], key[3]], key[:2])
        for j in range(512):
            out[j, lane] = (rotl((s[0] + s[3]) & M, 7) + s[0]) & M
            t = (s[1] << 9) & M
            s[2] ^= s[0]
            s[3] ^= s[1]
            s[1] ^= s[2]
            s[0] ^= s[3]
            s[2] ^= t
            s[3] = rotl(s[3], 11)
    return out.ravel()


def words(key, start, length):
    first, last = start // 2048, (start + length - 1) // 2048
    return np.concatenate([block(key, b) for b in range(first, last + 1)])[start - 2048 * first :][:length]


def horner(coefficients, x):
    y = F(coefficients[-1]) * np.ones_like(x)
    for c in coefficients[-2::-1]:
        y = F(y * x) + F(c)
    return y


def unit(w):
    return (w | np.uint32(1)).view(np.int32).astype(F)


def uniform(key, start, length, low, high):
    t = unit(words(key, start, length))
    half, middle = F((high - low) / 2), F((high + low) / 2)
    return np.clip(t * F(half * F(2.0**-31)) + middle, F(low), F(high))


def minus_log(u):
    """-ln u for float32 u = 2^e (1 + x), x in [-1/3, 1/3)."""
    bits = u.view(np.int32) - np.int32(0x3F2AAAAB)
    x = ((bits & 0x7FFFFF) + np.int32(0x3F2AAAAB)).view(F) - F(1)
    q0, q1, q2, q3, q4, q5 = map(
        F, (0.500021279, -0.333369464, 0.248448238, -0.198133484, 0.1938757, -0.170169711)
    )
    x2 = x * x
    q = ((q5 * x + q4) * x2 + (q3 * x + q2)) * x2 + (q1 * x + q0)
    return x2 * q + ((-(bits >> 23)).astype(F) * F(math.log(2)) - x)


def normal(key, start, length, mean, std):
    first = start - start % 8
    end = -(-(start + length) // 8) * 8
    w = words(key, first, end - first).reshape(-1, 2, 4)
    a, c = w[:, 0], w[:, 1]
    t = unit(a)
    radius = np.sqrt(minus_log(np.abs(t) * F(2.0**-31))) * F(std) * np.sign(t)
    v = ((c & np.uint32(0x7FFFFE)) | np.uint32(0x3F800001)).view(F) - F(1.5)
    q = v * v
    sine = horner([1.5707885, -0.645712018, 0.0776673928], q) * v
    cosine = horner([1, -1.23369801, 0.253606349, -0.020426251], q)
    z = np.empty(w.shape, dtype=F)
    z[:, 0] = (cosine - sine) * radius
    z[:, 1] = (cosine + sine) * radius * np.where(c >> 31, F(-1), F(1))
    return z.ravel()[start - first :][:length] + F(mean)


def ratio(t):
    """N(t)/D(t)."""
    n0, n1, n2, n3, n4 = map(F, (0.0196834318, 0.832283318, 4.78041363, 4.68321705, 0.429067284))
    d0, d1, d2, d3 = map(F, (0.00632799976, 0.363214135, 2.85733867, 4.34612083))
    t2 = t * t
    return ((n4 * t2 + (n3 * t + n2)) * t2 + (n1 * t + n0)) / ((t2 + (d3 * t + d2)) * t2 + (d1 * t + d0))


def truncated(key, start, length, std):
    """Cut at two standard deviations around 0."""
    half = F(math.erf(2 / math.sqrt(2)))
    p = unit(words(key, start, length)) * F(half * F(2.0**-31))
    z = p * ratio((F(1) - p) * (F(1) + p))
    return np.clip(z * F(std), F(-2 * std), F(2 * std))


def tailed(key, start, length, low, high):
    """Mean 0, standard deviation 1, a bound beyond two of them."""
    tail = lambda z: math.erfc(z / math.sqrt(2)) / 2
    below, above = F(tail(-low)), F(tail(high))
    mass = tail(low) - tail(high) if low > 0 else tail(-high) - tail(-low)
    step = F(F(mass) * F(2.0**-31))
    w = words(key, start, length)
    p = ((w >> 1).astype(F) + F(0.5)) * step + below
    q = ((~w >> 1).astype(F) + F(0.5)) * step + above
    m = np.minimum(p, q)
    r = np.sqrt(minus_log(m))
    t0, t1, t2, t3, u1, u2 = map(F, (-2.4924314, -0.00993674343, 3.01206017, 0.731559455, 2.14776397, 0.516969442))
    r2 = r * r
    outer = ((t3 * r + t2) * r2 + (t1 * r + t0)) / (u2 * r2 + (u1 * r + F(1)))
    p0 = F(1) - F(2) * m
    z = np.where(m < F(0.0228), outer, p0 * ratio(F(2) * m * (F(1) + p0)))
    return np.clip(np.where(p < q, -z, z), F(low), F(high))


NAMES = ["", "w", "fc1.weight", "層.0/κ", "a name that is longer than sixteen bytes"]
SEEDS = [0, 1, -1, 42, 2**32, 2**53 - 1]
RANGES = [[0, 12], [2040, 16], [2**40 + 3, 9], [2**53 - 32, 8]]
hexes = lambda a: [f"{int(x):08x}" for x in a]
bits = lambda a: hexes(np.asarray(a, dtype=F).view(np.uint32))

if __name__ == "__main__":
    key = create_key(7, "encoder.weight")
    print(
        json.dumps(
            {
                "stream": 1,
                "made": "stream_v1_reference.py: 32-bit words and float32 bit patterns in hexadecimal",
                "keys": [{"seed": s, "name": n, "key": hexes(create_key(s, n))} for n in NAMES for s in SEEDS],
                "seed": 7,
                "name": "encoder.weight",
                "ranges": [
                    {
                        "start": s,
                        "words": hexes(words(key, s, n)),
                        "uniform -1 1": bits(uniform(key, s, n, -1, 1)),
                        "uniform 0.25 3": bits(uniform(key, s, n, 0.25, 3)),
                        "normal 0 1": bits(normal(key, s, n, 0, 1)),
                        "normal 0.5 0.02": bits(normal(key, s, n, 0.5, 0.02)),
                        "truncated 1": bits(truncated(key, s, n, 1.0)),
                        "truncated -3 1": bits(tailed(key, s, n, -3, 1)),
                        "truncated 4 inf": bits(tailed(key, s, n, 4, math.inf)),
                    }
                    for s, n in RANGES
                ],
            },
            indent=1,
            ensure_ascii=False,
        )
    )
