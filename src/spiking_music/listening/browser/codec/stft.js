// The short-time Fourier transform that the post-filter works on.

import { Fourier } from "codec/fourier";

/** Audio (T·hop) ↔ spectra (T, n_fft/2 + 1), Hann window: mdct/inference/stft.py. */
export class Stft {
  constructor(size, hop) {
    Object.assign(this, { size, hop, bins: size / 2 + 1, margin: (size - hop) / 2 });
    this.overlap = Math.ceil(this.margin / hop); // frames on either side that one takes in
    this.window = Float64Array.from({ length: size }, (_, i) => Math.sin((Math.PI / size) * i) ** 2);
    this.fourier = new Fourier(size);
  }

  /** { real, imag } (T, kept) of the first `kept` bins of audio. Two frames share a transform. */
  forward(audio, kept) {
    const { size, hop, margin, window } = this;
    const steps = audio.length / hop;
    const padded = new Float32Array(audio.length + hop + size);
    padded.set(audio, margin);
    const spectrum = { real: new Float32Array(steps * kept), imag: new Float32Array(steps * kept) };
    const pair = [new Float64Array(size), new Float64Array(size)];
    for (let t = 0; t < steps; t += 2) {
      pair.forEach((frame, which) => {
        const start = (t + which) * hop;
        for (let i = 0; i < size; i++) {
          frame[i] = padded[start + i] * window[i];
        }
      });
      const [real, imag] = pair;
      this.fourier.forward(real, imag);
      for (let k = 0; k < kept; k++) {
        const mirror = (size - k) & (size - 1);
        spectrum.real[t * kept + k] = (real[k] + real[mirror]) / 2;
        spectrum.imag[t * kept + k] = (imag[k] - imag[mirror]) / 2;
        if (t + 1 < steps) {
          spectrum.real[(t + 1) * kept + k] = (imag[k] + imag[mirror]) / 2;
          spectrum.imag[(t + 1) * kept + k] = (real[mirror] - real[k]) / 2;
        }
      }
    }
    return spectrum;
  }

  /** Audio (T·hop) of a spectrum (T, n_fft/2 + 1), least squares. */
  inverse({ real, imag }) {
    const { size, hop, bins, margin, window } = this;
    const steps = real.length / bins;
    const audio = new Float64Array(steps * hop + 2 * margin);
    const weight = new Float64Array(audio.length);
    const [x, y] = [new Float64Array(size), new Float64Array(size)];
    for (let t = 0; t < steps; t += 2) {
      const [a, b] = [t * bins, (t + 1) * bins];
      const both = t + 1 < steps;
      for (let k = 0; k < bins; k++) {
        const edge = k === 0 || k === bins - 1; // real, whatever is said
        const [r0, i0] = [real[a + k], edge ? 0 : imag[a + k]];
        const [r1, i1] = both ? [real[b + k], edge ? 0 : imag[b + k]] : [0, 0];
        const mirror = (size - k) & (size - 1);
        [x[k], y[k]] = [r0 - i1, i0 + r1];
        [x[mirror], y[mirror]] = edge ? [x[k], y[k]] : [r0 + i1, r1 - i0];
      }
      this.fourier.backward(x, y);
      for (let i = 0; i < size; i++) {
        audio[t * hop + i] += (x[i] * window[i]) / size;
        weight[t * hop + i] += window[i] * window[i];
        if (both) {
          audio[(t + 1) * hop + i] += (y[i] * window[i]) / size;
          weight[(t + 1) * hop + i] += window[i] * window[i];
        }
      }
    }
    return audio.subarray(margin, margin + steps * hop).map((sum, i) => sum / weight[margin + i]);
  }
}
