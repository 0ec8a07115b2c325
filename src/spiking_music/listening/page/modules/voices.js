// All sounds of a page running in step over one looped region; one of them is let through.

import { Fader } from "mushra/fader";

export class Voices {
  /**
   * buffers: Map of sound -> AudioBuffer, all of one length. region: [start, end) in samples.
   */
  constructor(context, buffers, region, { ramp, selected, output }) {
    this.ramp = ramp;
    this.selected = selected;
    this.fade = new Fader(context, 0);
    this.fade.node.connect(output);
    this.gates = new Map();
    this.sources = [];
    for (const [sound, buffer] of buffers) {
      const gate = new Fader(context, sound === selected ? 1 : 0);
      gate.node.connect(this.fade.node);
      this.gates.set(sound, gate);
      const source = context.createBufferSource();
      source.buffer = excerpt(context, buffer, region, ramp);
      source.loop = true;
      source.connect(gate.node);
      this.sources.push(source);
    }
  }

  /** From time `when` on, still to come, they run from `offset` seconds into the region, faded in. */
  start(when, offset) {
    this.sources.forEach((source) => source.start(when, offset)); // nothing else, or some are late
    this.fade.to(1, when, when + this.ramp);
  }

  /** Cross-fade to another sound. Linear, because the sounds of a page are much alike. */
  select(sound, when) {
    this.gates.get(this.selected).to(0, when, when + this.ramp);
    this.gates.get(sound).to(1, when, when + this.ramp);
    this.selected = sound;
  }

  /** Fade out and end. */
  stop(when) {
    this.fade.to(0, when, when + this.ramp);
    this.sources.forEach((source) => source.stop(when + this.ramp));
    this.sources[0].onended = () => this.fade.node.disconnect();
  }
}

/** A copy of a region whose ends are faded, so that it loops without a click (BS.1534-3: 5 ms). */
function excerpt(context, buffer, [start, end], ramp) {
  const length = end - start;
  const faded = Math.round(ramp * buffer.sampleRate);
  const copy = context.createBuffer(buffer.numberOfChannels, length, buffer.sampleRate);
  for (let channel = 0; channel < buffer.numberOfChannels; channel++) {
    const samples = buffer.getChannelData(channel).slice(start, end);
    for (let i = 0; i < faded; i++) {
      samples[i] *= i / faded;
      samples[length - 1 - i] *= i / faded;
    }
    copy.copyToChannel(samples, channel);
  }
  return copy;
}
