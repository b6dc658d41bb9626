"""Orthogonal matrices of stream version 1, written again in NumPy from docs/streams.md alone.

    python3 stream_v1_orthogonal.py > stream-v1-orthogonal.json
"""

import hashlib
import json
import math
import numpy as np
from stream_v1_reference import F, create_key, normal, philox

D = np.float64


def derive(key, label):
    return philox(key, [label, 0x45706F30])


def product(v, p):
    """V^T P: float32 over 32 rows in order, their sums in float64."""
    w = np.zeros((v.shape[1], p.shape[1]), dtype=D)
    for start in range(0, len(v), 32):
        part = np.zeros(w.shape, dtype=F)
        for i in range(start, min(start + 32, len(v))):
            part = part + np.outer(v[i], p[i])
        w += part
    return w


def tall(key, n, count):
    signs = np.zeros(count)
    vectors = np.zeros((n, count), dtype=F)
    factors = np.zeros(count)
    for k in range(count):
        x = normal(key, k * n + k, n - k, 0, 1)
        rest = 0.0
        for value in x[1:]:
            rest += float(value) * float(value)
        head = float(x[0])
        signs[k] = 1 if head < 0 else -1
        vectors[k:, k] = x
        vectors[k, k] = F(head - signs[k] * math.sqrt(head * head + rest))
        square = float(vectors[k, k]) ** 2 + rest
        factors[k] = 2 / square if square > 0 else 0
    q = np.zeros((n, count))
    np.fill_diagonal(q, signs)
    p = q.astype(F)
    for first in range((count - 1) // 32 * 32, -1, -32):
        v = vectors[first:, first : first + 32]
        size = v.shape[1]
        g = product(v, v)
        t = np.zeros((size, size))
        for j in range(size):
            for i in range(j):
                total = 0.0
                for m in range(i, j):
                    total += t[i, m] * g[m, j]
                t[i, j] = -factors[first + j] * total
            t[j, j] = factors[first + j]
        w = product(v, p[first:])
        u = np.zeros(w.shape, dtype=F)
        for j in range(size):
            total = t[j, j] * w[j]
            for m in range(j + 1, size):
                total = total + t[j, m] * w[m]
            u[j] = total
        change = np.zeros((len(v), count), dtype=F)
        for j in range(size):
            change = change + np.outer(v[:, j], u[j])
        q[first:] -= change
        p[first:] = q[first:]
    return q


def orthogonal(key, rows, columns, gain):
    q = tall(key, rows, columns) if rows >= columns else tall(key, columns, rows).T
    return (gain * q).astype(F)


SHAPES = [[1, 1], [1, 7], [7, 1], [5, 3], [4, 6], [33, 33], [70, 65], [31, 130], [257, 100]]

if __name__ == "__main__":
    key = derive(create_key(7, "encoder.weight"), 0)
    matrices = []
    for rows, columns in SHAPES:
        matrix = np.ascontiguousarray(orthogonal(key, rows, columns, 1.5))
        first = [f"{int(x):08x}" for x in matrix.ravel()[:8].view(np.uint32)]
        matrices.append({"shape": [rows, columns], "first": first, "sha256": hashlib.sha256(matrix.tobytes()).hexdigest()})
    made = "stream_v1_orthogonal.py: first float32 bit patterns in hexadecimal, SHA-256 of all bytes"
    print(json.dumps({"stream": 1, "made": made, "seed": 7, "name": "encoder.weight", "gain": 1.5, "matrices": matrices}, indent=1))
