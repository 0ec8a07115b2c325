// Samples of a window → coefficients, frame gain and envelope: mdct/inference/analysis.py.

import { Lapped } from "codec/lapped";

export class Analysis {
  constructor({ config }) {
    Object.assign(this, { hop: config.hop, bins: config.layout.bins });
    Object.assign(this, { edges: config.envelopeEdges, span: config.gainFrames, quietest: config.quietest });
    this.lapped = new Lapped(config.hop);
  }

  /** Samples (T·hop) → { y (T, B), gain (T,), bands (T, M) }, powers as log2. */
  run(samples) {
    const { hop, bins, edges } = this;
    const steps = samples.length / hop;
    const coefficients = this.lapped.forward(samples);
    const powers = Float64Array.from({ length: steps }, (_, t) => power(samples, t * hop, (t + 1) * hop));
    const y = new Float32Array(steps * bins);
    const bands = new Float32Array(steps * (edges.length - 1));
    for (let t = 0; t < steps; t++) {
      y.set(coefficients.subarray(t * hop, t * hop + bins), t * bins);
      for (let m = 0; m + 1 < edges.length; m++) {
        const found = power(coefficients, t * hop + edges[m], t * hop + edges[m + 1]);
        bands[t * (edges.length - 1) + m] = this.#log(found);
      }
    }
    return { y, gain: Float32Array.from(powers, (_, t) => this.#log(this.#mean(powers, t))), bands };
  }

  /** The mean over `span` frames to either side, or as many as there are. */
  #mean(powers, t) {
    const part = powers.subarray(Math.max(0, t - this.span), t + this.span + 1);
    return part.reduce((a, b) => a + b) / part.length;
  }

  #log(value) {
    return Math.log2(Math.max(value, this.quietest ** 2));
  }
}

function power(x, start, end) {
  let sum = 0;
  for (let i = start; i < end; i++) {
    sum += x[i] * x[i];
  }
  return sum / (end - start);
}
