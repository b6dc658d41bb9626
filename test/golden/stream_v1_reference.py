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
    state = [w for i in range(8) for w in philox([b & M, ((b >> 32) << 3 | i) & M, key[2], key[3]], key[:2])]
    row = lambda i: np.array(state[8 * i : 8 * i + 8], dtype=np.uint32)
    a, b, c, d = map(row, range(4))
    wide = lambda x: x.view("<u8")
    narrow = lambda x: x.view("<u4")
    counter = np.zeros(4, dtype=np.uint64)
    out = np.zeros((128, 4, 8), dtype=np.uint32)
    for j in range(128):
        b, d = (narrow(wide(x) + counter) for x in (b, d))
        counter = counter + np.array([7, 5, 3, 1], dtype=np.uint64)
        ua, uc = (wide(x) >> np.uint64(1) for x in (a, c))
        ub, ud = (wide(x) >> np.uint64(3) for x in (b, d))
        ta, tc = (np.roll(x, -5) for x in (a, c))
        tb, td = (np.roll(x, -3) for x in (b, d))
        a, b, c, d = (narrow(wide(t) + u) for t, u in ((ta, ua), (tb, ub), (tc, uc), (td, ud)))
        out[j] = narrow(ua) ^ tb, narrow(uc) ^ td, a ^ d, c ^ b
    return out.ravel()


def words(key, start, length):
    first, last = start // 4096, (start + length - 1) // 4096
    return np.concatenate([block(key, b) for b in range(first, last + 1)])[start - 4096 * first :][:length]


def unit(w):
    return (w | np.uint32(1)).view(np.int32).astype(F)


def uniform(key, start, length, low, high):
    t = unit(words(key, start, length))
    half, middle = F((high - low) / 2), F((high + low) / 2)
    return np.clip(t * F(half * F(2.0**-31)) + middle, F(low), F(high))


def minus_log(u):
    """-ln u of float32 u = 2^e m, m in [sqrt(1/2), sqrt(2)), in units of 0.41296."""
    e = (u.view(np.int32) - np.int32(0x3F3504F3)) >> 23
    m = (u.view(np.int32) - (e << 23)).view(F)
    s = (F(1) - m) / (F(1) + m)
    q = s * s
    return s * (q * (q + F(1.6139971)) + F(4.843041)) - e.astype(F) * F(1.6784699)


def normal(key, start, length, mean, std):
    first = start - start % 8
    end = -(-(start + length) // 8) * 8
    w = words(key, first, end - first).reshape(-1, 2, 4)
    a, c = w[:, 0], w[:, 1]
    t = unit(a)
    scale = F(float(F(std)) * 0.6426225386364943)
    radius = np.sqrt(minus_log(np.abs(t) * F(2.0**-31))) * scale * np.sign(t)
    v = c.view(np.int32).astype(F) * F(1.3961257e-10)
    q = v * v
    sine = v * (q * (q + F(-2.9947317)) + F(2.6195862))
    cosine = np.sqrt(F(1) - sine * sine)
    z = np.empty(w.shape, dtype=F)
    z[:, 0] = (cosine - sine) * radius
    z[:, 1] = (cosine + sine) * radius * np.where(c & 1, F(-1), F(1))
    return z.ravel()[start - first :][:length] + F(mean)


def quartics(x, top, bottom):
    c0, c1, c2, c3, c4 = map(F, top)
    e0, e1, e2, e3 = map(F, bottom)
    q = x * x
    return ((c4 * q + (c3 * x + c2)) * q + (c1 * x + c0)) / ((q + (e3 * x + e2)) * q + (e1 * x + e0))


def central(t):
    """z/p for |z| <= 2.001, t = 1 - p^2."""
    top = (0.0196834318, 0.832283318, 4.78041363, 4.68321705, 0.429067284)
    return quartics(t, top, (0.00632799976, 0.363214135, 2.85733867, 4.34612083))


def broad(t):
    """The same for |z| <= 3.001."""
    top = (524308.06, 101219.375, 9082.865, 508.50378, 16.886364)
    return quartics(minus_log(t), top, (418337.25, 35534.3, 2473.9058, 138.09926))


def truncated(key, start, length, std, cut, ratio):
    """Cut symmetrically around 0."""
    half = F(math.erf(cut / math.sqrt(2)))
    p = unit(words(key, start, length)) * F(half * F(2.0**-31))
    z = p * ratio((F(1) - p) * (F(1) + p))
    return np.clip(z * F(std), F(-cut * std), F(cut * std))


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
    t0, t1, t2, t3, u1, u2 = map(F, (-2.4924314, -0.0063855755, 1.2438716, 0.1941411, 1.3802016, 0.21348962))
    r2 = r * r
    outer = ((t3 * r + t2) * r2 + (t1 * r + t0)) / (u2 * r2 + (u1 * r + F(1)))
    p0 = F(1) - F(2) * m
    z = np.where(m < F(0.0228), outer, p0 * central(F(2) * m * (F(1) + p0)))
    return np.clip(np.where(p < q, -z, z), F(low), F(high))


NAMES = ["", "w", "fc1.weight", "層.0/κ", "a name that is longer than sixteen bytes"]
SEEDS = [0, 1, -1, 42, 2**32, 2**53 - 1]
RANGES = [[0, 40], [4088, 16], [2**40 + 3, 9], [2**53 - 32, 8]]
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
                        "truncated 1": bits(truncated(key, s, n, 1.0, 2, central)),
                        "truncated -3 3": bits(truncated(key, s, n, 1.0, 3, broad)),
                        "truncated -4 1": bits(tailed(key, s, n, -4, 1)),
                        "truncated 4 inf": bits(tailed(key, s, n, 4, math.inf)),
                    }
                    for s, n in RANGES
                ],
            },
            indent=1,
            ensure_ascii=False,
        )
    )
