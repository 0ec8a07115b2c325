// Systems whose streams the page decodes itself, when they are chosen: every level of the MDCT codec.

import { Client, bytesIn } from "page/client";
import { fromBase64 } from "samples/sounds";

export class Live {
  /** models: { order, sorting } of each one's units, in pictures. failed: called with a sentence. */
  constructor(models, sampleRate, failed) {
    Object.assign(this, { models, sampleRate, failed, clients: new Map(), asked: new Map() });
  }

  /** An entry's sound, as an AudioBuffer, and its codes are filled in; null where another is asked for meanwhile. */
  async open(entry) {
    const { model, stream, gain } = entry;
    const decoded = await this.#decoded(model, fromBase64(stream));
    if (!decoded) {
      return null;
    }
    const { blocks, frames } = decoded;
    const samples = new Float32Array(blocks.reduce((sum, block) => sum + block.samples.length, 0));
    let start = 0;
    for (const block of blocks) {
      samples.set(block.samples.map((x) => gain * x), start);
      start += block.samples.length;
    }
    const buffer = new AudioBuffer({ length: samples.length, sampleRate: this.sampleRate });
    buffer.copyToChannel(samples, 0);
    const { order, sorting } = this.models[model];
    entry.codes = { ...raster(blocks, frames, order), sorting };
    return buffer;
  }

  /** The blocks of a stream; null where another of the model is asked for meanwhile. */
  #decoded(model, bytes) {
    if (!this.clients.has(model)) {
      this.clients.set(model, new Client(bytesIn(`model-${model}`), this.failed));
    }
    this.asked.get(model)?.(null);
    const blocks = [];
    return new Promise((resolve) => {
      this.asked.set(model, resolve);
      this.clients.get(model).begin(
        { kind: "decode", bytes },
        {
          block: (block) => blocks.push(block),
          done: () => resolve({ blocks, frames: blocks.reduce((sum, { steps }) => sum + steps, 0) }),
        },
      );
    });
  }
}

/** Units that fire, in `order`, as the pictures of other codes have them. */
function raster(blocks, frames, order) {
  const fired = new Set(blocks.flatMap(({ events }) => [...events.units]));
  const shown = order.filter((unit) => fired.has(unit));
  const rows = new Map(shown.map((unit, row) => [unit, row]));
  const bits = new Uint8Array((shown.length * frames + 7) >> 3);
  let start = 0;
  for (const { events, steps } of blocks) {
    events.units.forEach((unit, i) => {
      const cell = rows.get(unit) * frames + start + events.steps[i];
      bits[cell >> 3] |= 128 >> (cell & 7);
    });
    start += steps;
  }
  return { kind: "binary", rows: shown.length, steps: frames, units: order.length, bits };
}
