"""Prints the coefficients of math/erf-inl.h (needs mpmath).

For z >= 0 let t = 2 / (2 + z), which maps [0, inf) to (0, 1]. Then log(erfc(z) / t) + z*z is smooth in t and is
expanded in Chebyshev polynomials of 2t - 1; 30 terms reach the precision of a double.
"""

from mpmath import cos, erfc, log, mp, mpf, pi

mp.dps = 60
TERMS, NODES = 30, 400


def smooth(y):
    t = (y + 1) / 2
    z = 2 / t - 2
    return log(erfc(z) / t) + z * z


nodes = [cos(pi * (mpf(k) + mpf(1) / 2) / NODES) for k in range(NODES)]
values = [smooth(node) for node in nodes]
for j in range(TERMS):
    c = 2 * sum(v * cos(pi * j * (mpf(k) + mpf(1) / 2) / NODES) for k, v in enumerate(values)) / NODES
    print(f"    {float(c / 2 if j == 0 else c)!r},")
