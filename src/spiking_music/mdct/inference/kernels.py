"""Compiled loops of the post-filter's network: what would be many passes over memory in numpy."""

from numba import float32 as F

from spiking_music.rangecoder.compiled import compiled

EPSILON = 1e-5  # of layer norm, as torch has it
BOUND = 4.0  # beyond which erf is ±1 in single precision
ROOT = 0.7071067811865476  # √½

# Divisions follow numpy: a check for zero, as Python has it, would keep loops from using vectors.


@compiled(fastmath=True, error_model="numpy")
def convolve_and_norm(x, taps, bias, out):  # type: ignore[no-untyped-def]
    """Depthwise convolution of x (T, C) with taps (K, C), then each step to mean 0, variance 1."""
    steps, width = x.shape
    half = len(taps) // 2
    for t in range(steps):
        row = out[t]
        for c in range(width):
            row[c] = bias[c]
        for j in range(max(0, half - t), min(len(taps), steps + half - t)):
            source, tap = x[t + j - half], taps[j]
            for c in range(width):
                row[c] += tap[c] * source[c]
        mean = 0.0
        for c in range(width):
            mean += row[c]
        mean /= width
        square = 0.0
        for c in range(width):
            square += (row[c] - mean) ** 2
        factor = 1 / (square / width + EPSILON) ** 0.5
        for c in range(width):
            row[c] = (row[c] - mean) * factor


@compiled(fastmath=True, error_model="numpy")
def gelu(h, bias):  # type: ignore[no-untyped-def]
    """h (T, C) := GELU(h + bias), in place; erf to about 5e-7 by a ratio of polynomials."""
    for t in range(h.shape[0]):
        row = h[t]
        for c in range(h.shape[1]):
            x = row[c] + bias[c]
            y = min(max(x * F(ROOT), F(-BOUND)), F(BOUND))
            s = y * y
            p = F(2.77068142495902e-08) + s * F(-2.72614225801306e-10)
            p = F(-2.10102402082508e-06) + s * p
            p = F(-5.69250639462346e-05) + s * p
            p = F(-7.34990630326855e-04) + s * p
            p = F(-2.95459980854025e-03) + s * p
            p = F(-1.60960333262415e-02) + s * p
            q = F(-2.13374055278905e-04) + s * F(-1.45660718464996e-05)
            q = F(-1.68282697438203e-03) + s * q
            q = F(-7.37332916720468e-03) + s * q
            q = F(-1.42647390514189e-02) + s * q
            row[c] = F(0.5) * x * (F(1) + y * p / q)
