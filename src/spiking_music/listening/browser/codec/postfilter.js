// Codes of a window → samples: the inverse filter bank and the post-filter, as
// mdct/inference/postfilter.py.

import { Lapped } from "codec/lapped";
import { Network } from "codec/network";
import { Stft } from "codec/stft";

const HALF_LN2 = Math.LN2 / 2; // of log2 of a power to ln of an amplitude

export class PostFilter {
  /** For windows of at most `most` frames. */
  constructor(model, module, most) {
    const { config, tensors } = model;
    Object.assign(this, { hop: config.hop, bins: config.layout.bins, bands: config.layout.bands });
    Object.assign(this, config.compression); // floor, magnitude, wave: exponents; maxLogGain
    this.low = config.lowBins; // of the spectrum that coefficients reach
    this.lapped = new Lapped(config.hop);
    this.stft = new Stft(config.fftSize, config.hop);
    this.network = new Network(model, module, most);
    this.expected = tensors["expected.bands"]; // (n_fft/2 + 1, M)
    this.offset = tensors["expected.offset"];
  }

  /** Samples of frames first .. last − 1 of `Quantizer.decode`'s, the others being their context. */
  synthesise({ y, gain, bands }, first, last) {
    const { hop, bins } = this;
    const steps = gain.length;
    const frames = new Float32Array(steps * hop);
    for (let t = 0; t < steps; t++) {
      frames.set(y.subarray(t * bins, (t + 1) * bins), t * hop);
    }
    const sounds = this.lapped.dct(frames);
    const levelled = sounds.map((x, i) => x / 2 ** (gain[Math.floor(i / hop)] / 2));
    const spectrum = this.stft.forward(this.lapped.join(levelled), this.low);
    this.#fill(spectrum, y, gain, bands);
    const { overlap } = this.stft;
    const heard = [Math.max(0, first - overlap), Math.min(steps, last + overlap)];
    const heads = this.network.run(...heard, steps);
    const added = this.stft.inverse(this.#missing(heads, spectrum, gain, bands, heard));
    const samples = this.lapped.join(sounds).subarray(first * hop, last * hop);
    return samples.map((x, i) => x + added[(first - heard[0]) * hop + i]);
  }

  /** The network's inputs. */
  #fill({ real, imag }, y, gain, bands) {
    const { low, bins, network } = this;
    const { x, inputs } = network;
    for (let t = 0; t < gain.length; t++) {
      const row = t * inputs;
      for (let k = 0; k < low; k++) {
        const [a, b] = [real[t * low + k], imag[t * low + k]];
        const size = Math.log(Math.sqrt(a * a + b * b) + this.floor);
        const shrink = Math.exp((this.wave - 1) * size);
        x[row + k] = Math.exp(this.magnitude * size);
        x[row + low + k] = shrink * a;
        x[row + 2 * low + k] = shrink * b;
      }
      const rms = 2 ** (gain[t] / 2);
      for (let k = 0; k < bins; k++) {
        const value = y[t * bins + k];
        x[row + 3 * low + k] = Math.sign(value) * Math.sqrt(Math.abs(value) / rms);
      }
      x[row + 3 * low + bins] = gain[t] / 10;
      for (let m = 0; m < this.bands; m++) {
        x[row + 3 * low + bins + 1 + m] = (bands[t * this.bands + m] - gain[t]) / 10 + 1;
      }
    }
  }

  /** The spectrum to be added, of the network's outputs m, a, b and share. */
  #missing(heads, spectrum, gain, bands, [start, end]) {
    const { low, expected, offset, bands: count } = this;
    const { columns } = this.network.out;
    const all = this.stft.bins;
    const missing = { real: new Float32Array((end - start) * all), imag: new Float32Array((end - start) * all) };
    for (let t = start; t < end; t++) {
      const [head, row, own] = [(t - start) * columns, (t - start) * all, t * low];
      const rms = 2 ** (gain[t] / 2);
      for (let k = 0; k < all; k++) {
        let power = gain[t] + offset[k];
        for (let m = 0; m < count; m++) {
          power += (bands[t * count + m] - gain[t]) * expected[k * count + m];
        }
        const amplitude = Math.exp(HALF_LN2 * power + Math.min(heads[head + k], this.maxLogGain));
        missing.real[row + k] = amplitude * heads[head + all + k];
        missing.imag[row + k] = amplitude * heads[head + 2 * all + k];
      }
      for (let k = 0; k < low; k++) {
        const share = heads[head + 3 * all + k] * rms;
        missing.real[row + k] += share * spectrum.real[own + k];
        missing.imag[row + k] += share * spectrum.imag[own + k];
      }
    }
    return missing;
  }
}
