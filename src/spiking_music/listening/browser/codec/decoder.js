// A stream → events and samples, block by block.

import { chained, section } from "codec/codes";
import { StreamError } from "codec/errors";
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
    const most = Math.floor(MOST_BITS / this.config.layout.rows) + 2 * this.config.decoderContext;
    this.postfilter = new PostFilter(model, module, most);
  }

  /** { header, trailer, blocks } of a stream of this model; blocks are yet to be decoded. */
  open(bytes) {
    const stream = readStream(bytes, this.config);
    const { header } = stream;
    if (header.fingerprint !== this.config.fingerprint) {
      throw new StreamError(
        "The stream was made by another model than the one in this page: decode it with spiking-music.",
      );
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

  /** Of every block in order: { index, steps, level, events, samples }, the last one cut. */
  *blocks({ header, frames, trailer }) {
    const context = this.config.decoderContext;
    const more = Math.ceil(context / header.blockSteps);
    const unpacked = [];
    for (const frame of frames) {
      while (unpacked.length < Math.min(frames.length, frame.index + more + 1)) {
        unpacked.push(this.#unpacked(frames[unpacked.length]));
      }
      const first = Math.max(0, frame.index - more);
      const near = unpacked.slice(first, frame.index + more + 1).map(({ codes }) => codes);
      const after = Math.min(context, header.lookAhead);
      const samples = this.#sound(near, frame, (frame.index - first) * header.blockSteps, after);
      const begin = frame.index * header.blockSteps * header.hop;
      const { events } = unpacked[frame.index];
      if (first > 0) {
        unpacked[first - 1] = null; // no longer needed
      }
      yield { ...frame, events, samples: samples.subarray(0, trailer.samples - begin) };
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

  /** Samples of a frame of the stream, whose codes stand in `near` from step `start` on. */
  #sound(near, { steps, level, gain }, start, after) {
    const all = chained(near);
    const from = Math.max(0, start - this.config.decoderContext);
    const window = section(all, from, Math.min(all.steps, start + steps + after));
    const latents = this.quantizer.decode(window, level === 255 ? null : level);
    const samples = this.postfilter.synthesise(latents, start - from, start - from + steps);
    return gain === 1 ? samples : samples.map((x) => x / gain);
  }
}
