// A stream → events and samples, block by block.

import { chained, section } from "codec/codes";
import { OTHER_MODEL, StreamError } from "codec/errors";
import { Payloads } from "codec/payload";
import { PostFilter } from "codec/postfilter";
import { Quantizer } from "codec/quantizer";
import { readStream } from "codec/stream";

const MOST_BITS = 523768; // of a block's matrix

export class Decoder {
  /** model: of `readModel`. module: the compiled kernels. */
  constructor(model, module) {
    this.config = model.config;
    this.payloads = new Payloads(model, module);
    this.quantizer = new Quantizer(model);
    const block = Math.floor(MOST_BITS / this.config.layout.rows); // steps; two at once at low delay
    const most = 2 * (block + this.config.decoderContext);
    this.postfilter = new PostFilter(model, module, most);
  }

  /** { header, trailer, blocks } of a stream of this model; blocks are yet to be decoded. */
  open(bytes) {
    const stream = readStream(bytes, this.config);
    const { header } = stream;
    if (header.fingerprint !== this.config.fingerprint) {
      throw new StreamError(OTHER_MODEL);
    }
    const own = { rows: this.config.layout.rows, rate: this.config.sampleRate, hop: this.config.hop };
    if (header.kind || Object.entries(own).some(([name, value]) => header[name] !== value)) {
      throw new StreamError("The header of the stream does not fit its model: it was forged.");
    }
    const wrong = stream.frames.find(({ level }) => !this.#knows(level));
    if (wrong) {
      throw new StreamError(`Block ${wrong.index} of the stream has a level that its model does not have.`);
    }
    return stream;
  }

  #knows(level) {
    return this.config.levels ? level < this.config.levels : level === 255;
  }

  /**
   * Of every frame of the stream in order: { index, steps, level, events, samples }.
   *
   * Samples go on where those before ended. They are those of the frame; in a stream of low delay,
   * those that end as many steps before its end as the sound looks ahead.
   */
  *blocks({ header, frames, trailer }) {
    const context = this.config.decoderContext;
    const low = header.lookAhead < Infinity;
    const after = low ? header.lookAhead : context;
    const held = []; // frames whose codes are needed, with where they start, in steps
    let [read, done, end] = [0, 0, 0]; // frames unpacked, steps that are out, steps unpacked
    for (let place = 0, start = 0; place < frames.length; place++) {
      start += frames[place].steps; // of the one that follows
      const stop = low && place < frames.length - 1 ? Math.max(done, start - after) : start;
      while (read < frames.length && (read <= place || end < stop + after)) {
        held.push({ ...frames[read], ...this.#unpacked(frames[read]), start: end });
        end += frames[read++].steps;
      }
      const samples = this.#sound(held, done, stop, after);
      const { events } = held.find(({ index }) => index === place);
      yield { ...frames[place], events, samples: samples.subarray(0, trailer.samples - done * header.hop) };
      done = stop;
      while (held[0].index <= place && held[0].start + held[0].steps <= done - context) {
        held.shift();
      }
    }
  }

  #unpacked(frame) {
    try {
      return this.payloads.unpack(frame);
    } catch (error) {
      if (error instanceof StreamError) {
        throw new StreamError(`Block ${frame.index} of the stream is damaged: ${error.message}.`);
      }
      throw error;
    }
  }

  /** Samples of steps first .. last − 1, those coded alike at once, with so many steps `after`. */
  #sound(held, first, last, after) {
    const [codes, begin] = [chained(held.map((frame) => frame.codes)), held[0].start];
    const sound = new Float32Array((last - first) * this.config.hop);
    for (const { level, gain, start, stop } of alike(held, first, last)) {
      const from = Math.max(begin, start - this.config.decoderContext);
      const window = section(codes, from - begin, Math.min(codes.steps, stop + after - begin));
      const latents = this.quantizer.decode(window, level === 255 ? null : level);
      const samples = this.postfilter.synthesise(latents, start - from, stop - from);
      const scaled = gain === 1 ? samples : samples.map((x) => x / gain);
      sound.set(scaled, (start - first) * this.config.hop);
    }
    return sound;
  }
}

/** The steps first .. last − 1 in runs of one level and gain: { level, gain, start, stop }. */
function alike(held, first, last) {
  const runs = [];
  for (const { level, gain, start, steps } of held) {
    const [from, to] = [Math.max(first, start), Math.min(last, start + steps)];
    const before = runs.at(-1);
    if (from < to && before?.level === level && before.gain === gain) {
      before.stop = to;
    } else if (from < to) {
      runs.push({ level, gain, start: from, stop: to });
    }
  }
  return runs;
}
