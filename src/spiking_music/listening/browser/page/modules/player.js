// What is decoded, played from any place while more of it arrives.

const LEAD = 0.05; // seconds from a start to its first sample

export class Player {
  constructor(rate) {
    this.context = new AudioContext({ sampleRate: rate });
    this.buffers = []; // { start, buffer }, start in samples
    this.rest = 0; // seconds: where to go on
    this.sources = null; // of what plays
  }

  get playing() {
    return this.sources !== null;
  }

  /** Seconds. */
  get position() {
    if (!this.playing) {
      return this.rest;
    }
    return this.origin + Math.max(0, this.context.currentTime - this.started);
  }

  /** Forget all. */
  clear() {
    this.pause();
    this.buffers = [];
    this.rest = 0;
  }

  /** Samples that follow those before. */
  add(samples, start) {
    const buffer = this.context.createBuffer(1, samples.length, this.context.sampleRate);
    buffer.copyToChannel(samples, 0);
    const piece = { start, buffer };
    this.buffers.push(piece);
    if (this.playing) {
      this.#schedule(piece);
    }
  }

  async play() {
    await this.context.resume();
    if (!this.playing) {
      this.sources = new Set();
      this.origin = this.rest;
      this.started = this.context.currentTime + LEAD;
      this.buffers.forEach((piece) => this.#schedule(piece));
    }
  }

  pause() {
    if (this.playing) {
      this.rest = this.position;
      this.sources.forEach((source) => source.stop());
      this.sources = null;
    }
  }

  seek(seconds) {
    const wasPlaying = this.playing;
    this.pause();
    this.rest = Math.max(0, seconds);
    if (wasPlaying) {
      this.play();
    }
  }

  #schedule({ start, buffer }) {
    const from = this.started + start / this.context.sampleRate - this.origin; // in the context's time
    const late = Math.max(0, Math.max(this.started, this.context.currentTime) - from);
    if (late < buffer.duration) {
      const source = new AudioBufferSourceNode(this.context, { buffer });
      source.connect(this.context.destination);
      source.start(from + late, late);
      this.sources.add(source);
    }
  }
}
