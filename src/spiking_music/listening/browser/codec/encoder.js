// Samples → a stream, block by block, at a level or within a bit rate: codec/encoding.py.

import { Analysis } from "codec/analysis";
import { Budget } from "codec/budget";
import { half, halfBits } from "codec/model";
import { Quantizer } from "codec/quantizer";
import { resampled } from "codec/resampling";
import { writeStream } from "codec/writer";

const FRAME_BYTES = 20; // of a block, beside its payload
const STREAM_BYTES = 50 + 72; // header and trailer

export class Encoder {
  /** payloads: `Payloads` of the same model. */
  constructor(model, payloads) {
    this.config = model.config;
    this.payloads = payloads;
    this.analysis = new Analysis(model);
    this.quantizer = new Quantizer(model);
  }

  /**
   * A recording { rate, samples } → its stream's bytes, at last; before, of every block, how many
   * there are. wish: { level }, { kbps } (the best sound within it) or {} for a model of one rate.
   */
  *stream({ rate, samples }, wish) {
    const { config } = this;
    const own = resampled(samples, rate, config.sampleRate);
    const size = config.blockSteps * config.hop;
    const count = Math.ceil(own.length / size);
    const frames = [];
    const budget =
      wish.kbps === undefined ? null : new Budget(wish.kbps, STREAM_BYTES, size / config.sampleRate);
    for (let index = 0; index < count; index++) {
      frames.push({ index, ...this.#block(own, index * size, wish, budget) });
      yield { done: index + 1, count };
    }
    const header = { ...config, rows: config.layout.rows, rate: config.sampleRate, originalRate: rate };
    return writeStream(header, frames, own.length, samples.length);
  }

  /** The block from sample `begin` on. */
  #block(samples, begin, wish, budget) {
    const { hop, blockSteps, encoderContext } = this.config;
    const end = Math.min(samples.length, begin + blockSteps * hop);
    const from = Math.max(0, begin - encoderContext * hop);
    const until = Math.ceil(Math.min(samples.length, end + encoderContext * hop) / hop) * hop;
    const gain = gainOf(samples.subarray(begin, end));
    const window = new Float32Array(until - from);
    window.set(samples.subarray(from, until).map((x) => x * gain));
    const latents = this.analysis.run(window);
    const first = (begin - from) / hop;
    const last = first + Math.ceil((end - begin) / hop);
    const at = (level) => {
      const codes = this.quantizer.encode(latents, level, first, last);
      const { events, ...packed } = this.payloads.pack(codes);
      return { ...packed, events: events.units.length, steps: codes.steps, level: level ?? 255, gain };
    };
    if (budget === null) return at(wish.level ?? null);
    const ends = until - end < encoderContext * hop; // or soon after; its last frame may be filled up
    const seconds = ((last - first - (ends ? 1 : 0)) * hop) / this.config.sampleRate;
    const found = this.#within(budget.allowance(seconds, ends), at);
    budget.spend(FRAME_BYTES + found.payload.length, seconds);
    return found;
  }

  /** At the lowest level of no more bytes; at the highest where none has so few. */
  #within(bytes, at) {
    let [low, high, found] = [0, this.config.levels - 1, null];
    while (low < high || !found) {
      const level = (low + high) >> 1;
      const tried = at(level);
      if (FRAME_BYTES + tried.payload.length <= bytes || level === this.config.levels - 1) {
        [found, high] = [tried, level];
      } else {
        low = level + 1;
      }
    }
    return found;
  }
}

/** What brings a block to full scale where it is beyond, as a stream keeps it. */
function gainOf(samples) {
  const peak = samples.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  return peak > 1 ? half(halfBits(1 / peak)) : 1;
}
