// The filter bank of the codec: a modulated lapped transform (MDCT) by fast Fourier transforms.

import { Fourier } from "codec/fourier";

/** Audio (T·hop) ↔ coefficients (T, hop), orthonormal: mdct/inference/lapped.py. */
export class Lapped {
  constructor(hop) {
    this.hop = hop;
    this.fourier = new Fourier(hop / 2);
    const angle = (i) => (Math.PI / (2 * hop)) * (hop / 2 + i + 0.5);
    this.cosine = Float64Array.from({ length: hop / 2 }, (_, i) => Math.cos(angle(i)));
    this.sine = Float64Array.from({ length: hop / 2 }, (_, i) => Math.sin(angle(i)));
    const turn = (i) => (-Math.PI * (8 * i + 1)) / (8 * hop);
    this.turnReal = Float64Array.from({ length: hop / 2 }, (_, i) => Math.cos(turn(i)));
    this.turnImag = Float64Array.from({ length: hop / 2 }, (_, i) => Math.sin(turn(i)));
  }

  /** Coefficients of audio. */
  forward(audio) {
    const frames = Float32Array.from(audio);
    this.#rotate(frames, 1);
    return this.dct(frames);
  }

  /** Audio of the `dct` of coefficients, which is used up: the second half of the inverse. */
  join(frames) {
    this.#rotate(frames, -1);
    return frames;
  }

  /** The DCT-IV of each row of (T, hop), its own inverse. */
  dct(frames) {
    const { hop, fourier, turnReal, turnImag } = this;
    const half = hop / 2;
    const scale = Math.sqrt(2 / hop);
    const result = new Float32Array(frames.length);
    const [real, imag] = [new Float64Array(half), new Float64Array(half)];
    for (let start = 0; start < frames.length; start += hop) {
      for (let i = 0; i < half; i++) {
        const [x, y] = [frames[start + 2 * i], frames[start + hop - 1 - 2 * i]];
        real[i] = x * turnReal[i] - y * turnImag[i];
        imag[i] = x * turnImag[i] + y * turnReal[i];
      }
      fourier.forward(real, imag);
      for (let i = 0; i < half; i++) {
        result[start + 2 * i] = scale * (real[i] * turnReal[i] - imag[i] * turnImag[i]);
        result[start + hop - 1 - 2 * i] = -scale * (real[i] * turnImag[i] + imag[i] * turnReal[i]);
      }
    }
    return result;
  }

  /** Rotate the boundaries of frames, forth (1) or back (−1), in place. */
  #rotate(frames, way) {
    for (let start = this.hop; start < frames.length; start += this.hop) {
      for (let i = 0; i < this.hop / 2; i++) {
        const [after, before] = [frames[start + i], frames[start - 1 - i]];
        const cosine = way * this.cosine[i];
        frames[start + i] = this.sine[i] * after + cosine * before;
        frames[start - 1 - i] = this.sine[i] * before - cosine * after;
      }
    }
  }
}
