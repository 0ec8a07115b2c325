// A stream as far as it is decoded: its facts, its events and its samples.

export class Recording {
  /** opened: what the worker says of a stream. units: of the model, see `drawnUnits`. */
  constructor(name, { header, trailer, levels, bytes }) {
    Object.assign(this, { name, header, trailer, levels, bytes });
    this.seconds = trailer.samples / header.rate;
    this.samples = new Float32Array(trailer.samples);
    this.blocks = []; // { start, events }, start in frames
    this.decoded = 0; // samples
    this.frames = 0; // decoded
    this.events = 0;
  }

  add({ events, samples, steps }) {
    this.samples.set(samples, this.decoded);
    this.blocks.push({ start: this.frames, steps, events });
    this.decoded += samples.length;
    this.frames += steps;
    this.events += events.units.length;
  }

  get share() {
    return this.decoded / this.samples.length;
  }

  get kbps() {
    return (8 * this.bytes) / 1000 / this.seconds;
  }

  /** Blocks that have frames between two times in seconds. */
  between(from, to) {
    const rate = this.header.rate / this.header.hop;
    return this.blocks.filter(({ start, steps }) => start / rate < to && (start + steps) / rate > from);
  }
}
