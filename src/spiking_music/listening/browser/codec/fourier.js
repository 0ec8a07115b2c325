// Fast Fourier transforms.

/** Discrete Fourier transforms of n complex numbers in place, n a power of two. */
export class Fourier {
  constructor(n) {
    this.n = n;
    const angles = Float64Array.from({ length: n / 2 }, (_, i) => (-2 * Math.PI * i) / n);
    this.cosine = angles.map(Math.cos);
    this.sine = angles.map(Math.sin);
    const bits = Math.log2(n);
    this.reversed = Uint32Array.from({ length: n }, (_, i) => {
      let reversed = 0;
      for (let bit = 0; bit < bits; bit++) {
        reversed = 2 * reversed + ((i >> bit) & 1);
      }
      return reversed;
    });
  }

  /** Σ x[m]·e^(−2πi·km/n), not normed. */
  forward(real, imag) {
    const { n, cosine, sine, reversed } = this;
    for (let i = 0; i < n; i++) {
      const j = reversed[i];
      if (j > i) {
        [real[i], real[j]] = [real[j], real[i]];
        [imag[i], imag[j]] = [imag[j], imag[i]];
      }
    }
    for (let size = 2, turn = n / 2; size <= n; size *= 2, turn /= 2) {
      for (let start = 0; start < n; start += size) {
        for (let a = start, b = start + size / 2, w = 0; a < start + size / 2; a++, b++, w += turn) {
          const x = real[b] * cosine[w] - imag[b] * sine[w];
          const y = real[b] * sine[w] + imag[b] * cosine[w];
          real[b] = real[a] - x;
          imag[b] = imag[a] - y;
          real[a] += x;
          imag[a] += y;
        }
      }
    }
  }

  /** The inverse, not normed either. */
  backward(real, imag) {
    this.forward(imag, real);
  }
}
