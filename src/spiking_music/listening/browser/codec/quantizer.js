// The dead-zone quantiser and its step sizes by level: mdct/inference/quantizer.py.

import { emptyCodes } from "codec/codes";
import { roundEven } from "codec/model";

export class Quantizer {
  constructor({ config, tensors }) {
    Object.assign(this, { layout: config.layout, envelopeStep: config.envelopeStep, doubling: config.doubling });
    this.stepSizes = tensors["step_sizes"];
    this.levels = tensors["levels"]; // of |y|, from 0 on
    this.thresholds = tensors["thresholds"];
  }

  /** By how much the step sizes of a level (null: the model has none) are finer than those of 0. */
  #finer(level) {
    return level === null ? 1 : 2 ** (-level / this.doubling);
  }

  #rms(gain) {
    return 2 ** ((gain - (this.layout.gains - 1)) / 2);
  }

  /** Codes → { y (T, B), gain (T,), bands (T, M) }: coefficients, and powers in units of 3 dB. */
  decode(codes, level) {
    const { bins, gains, bandLevels } = this.layout;
    const finer = this.#finer(level);
    const y = new Float32Array(codes.levels.length);
    codes.levels.forEach((q, i) => {
      if (q) {
        const size = this.levels[Math.abs(q)] * (this.stepSizes[i % bins] / finer);
        y[i] = Math.sign(q) * size * this.#rms(codes.gains[Math.floor(i / bins)]);
      }
    });
    return {
      y,
      gain: Float32Array.from(codes.gains, (gain) => gain - (gains - 1)),
      bands: Float32Array.from(codes.bands, (band) => (band - (bandLevels - 1)) * this.envelopeStep),
    };
  }

  /** The inverse, of frames first .. last − 1; the first is a multiple of the frames a band holds. */
  encode({ y, gain, bands }, level, first, last) {
    const { layout } = this;
    const codes = emptyCodes(layout, last - first);
    const finer = this.#finer(level);
    for (let t = first; t < last; t++) {
      const own = clip(roundEven(gain[t] + (layout.gains - 1)), layout.gains);
      codes.gains[t - first] = own;
      for (let k = 0; k < layout.bins; k++) {
        const value = (y[t * layout.bins + k] * finer) / (this.stepSizes[k] * this.#rms(own));
        codes.levels[(t - first) * layout.bins + k] = Math.sign(value) * this.#size(Math.abs(value));
      }
    }
    this.#hold(bands, codes, first);
    return codes;
  }

  #size(value) {
    let size = 0;
    while (size < this.thresholds.length && value > this.thresholds[size]) {
      size++;
    }
    return size;
  }

  /** Levels of the bands' mean powers, each for as many frames as it holds. */
  #hold(powers, codes, first) {
    const { bands, bandLevels, bandFrames } = this.layout;
    const total = powers.length / bands;
    for (let t = 0; t < codes.steps; t += bandFrames) {
      const count = Math.min(bandFrames, total - first - t);
      for (let m = 0; m < bands; m++) {
        let sum = 0;
        for (let held = 0; held < count; held++) {
          sum += 2 ** powers[(first + t + held) * bands + m];
        }
        const level = Math.log2(sum / count) / this.envelopeStep + bandLevels - 1;
        for (let held = t; held < Math.min(t + bandFrames, codes.steps); held++) {
          codes.bands[held * bands + m] = clip(roundEven(level), bandLevels);
        }
      }
    }
  }
}

function clip(value, most) {
  return Math.min(Math.max(value, 0), most);
}
