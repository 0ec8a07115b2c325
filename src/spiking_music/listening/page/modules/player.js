// What is played: a clip's sounds in step, at one position, switched, sought and looped in fades.

import { excerpts } from "mushra/excerpts";
import { Fader } from "mushra/fader";
import { Voices } from "mushra/voices";

const LEAD = 0.01; // seconds from a command to its fades, so that they begin at one sample
const HEAD_START = 0.03; // seconds from a start to its first sample, so that no source is late

export class Player {
  /** ramp: seconds of every fade. Times of the methods are seconds of the clip. */
  constructor(sampleRate, ramp) {
    this.context = new AudioContext({ sampleRate, latencyHint: "interactive" });
    this.ramp = ramp;
    this.volume = new Fader(this.context, 0, ramp);
    this.volume.node.connect(this.context.destination);
    this.voices = null;
    this.buffers = new Map();
  }

  get playing() {
    return this.voices !== null;
  }

  get duration() {
    return this.length / this.context.sampleRate;
  }

  /** Where in the clip we are. */
  get position() {
    return this.#sample(this.context.currentTime) / this.context.sampleRate;
  }

  /** The looped region, [start, end]. */
  get loop() {
    return this.region.map((sample) => sample / this.context.sampleRate);
  }

  /** Take the sounds of a clip, Map of sound -> AudioBuffer, all of one length; nothing plays yet. */
  load(buffers, selected) {
    this.pause();
    this.buffers = buffers;
    this.selected = selected;
    this.length = buffers.values().next().value.length;
    this.#cut([0, this.length]);
    this.rest = 0; // sample of the clip to go on from
  }

  has(sound) {
    return this.buffers.has(sound);
  }

  /** One more sound of the clip, of the same length; what plays goes on after 40 ms. */
  put(sound, buffer) {
    this.buffers.set(sound, buffer);
    const own = new Map([[sound, buffer]]);
    this.excerpts.push(...excerpts(this.context, own, this.region, this.ramp));
    this.#restart(this.#sample(this.context.currentTime + LEAD));
  }

  async play() {
    await this.context.resume();
    if (!this.playing) {
      this.#start(this.rest);
    }
  }

  pause() {
    if (this.playing) {
      const when = this.context.currentTime + LEAD;
      this.rest = this.#sample(when);
      this.voices.stop(when);
      this.voices = null;
    }
  }

  select(sound) {
    if (sound !== this.selected && this.playing) {
      this.voices.select(sound, this.context.currentTime + LEAD);
    }
    this.selected = sound;
  }

  seek(seconds) {
    const [start, end] = this.region;
    const sample = Math.round(seconds * this.context.sampleRate);
    this.#restart(Math.min(Math.max(sample, start), end - 1));
  }

  /** Loop another region; we stay where we are if that is inside. */
  setLoop(start, end) {
    const here = this.#sample(this.context.currentTime + LEAD);
    const region = [start, end].map((time) => Math.round(time * this.context.sampleRate));
    const inside = here >= region[0] && here < region[1];
    this.#restart(inside ? here : region[0], region);
  }

  /** decibels: re full scale, at most 0. */
  setVolume(decibels) {
    this.volume.to(10 ** (decibels / 20), this.context.currentTime + LEAD);
  }

  #restart(sample, region = this.region) {
    const wasPlaying = this.playing;
    this.pause();
    if (region !== this.region) {
      this.#cut(region);
    }
    this.rest = sample;
    if (wasPlaying) {
      this.#start(sample);
    }
  }

  #cut(region) {
    this.region = region;
    this.excerpts = excerpts(this.context, this.buffers, region, this.ramp);
  }

  #start(sample) {
    this.origin = sample - this.region[0];
    this.voices = new Voices(this.context, this.excerpts, {
      ramp: this.ramp,
      selected: this.selected,
      output: this.volume.node,
    });
    const rate = this.context.sampleRate;
    // between two samples they would be interpolated
    this.started = Math.ceil((this.context.currentTime + HEAD_START) * rate) / rate;
    this.voices.start(this.started, this.origin / rate);
  }

  /** The sample of the clip that is played at a time of the context. */
  #sample(time) {
    if (!this.playing) {
      return this.rest;
    }
    const [start, end] = this.region;
    const elapsed = Math.max(0, Math.round((time - this.started) * this.context.sampleRate));
    return start + ((this.origin + elapsed) % (end - start));
  }
}
