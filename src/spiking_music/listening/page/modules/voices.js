// All sounds of a page running in step over one looped region; one of them is let through.

import { Fader } from "mushra/fader";

const TAIL = 10; // ramps after which a fade is silence

export class Voices {
  /** excerpts: of the region; nothing runs yet. */
  constructor(context, excerpts, { ramp, selected, output }) {
    this.context = context;
    this.ramp = ramp;
    this.selected = selected;
    this.fade = new Fader(context, 0, ramp);
    this.fade.node.connect(output);
    this.gates = new Map();
    this.sources = [];
    for (const { sounds, channels, buffer } of excerpts) {
      const source = context.createBufferSource();
      source.buffer = buffer;
      source.loop = true;
      const splitter = context.createChannelSplitter(channels * sounds.length);
      source.connect(splitter);
      sounds.forEach((sound, place) => {
        const gate = new Fader(context, sound === selected ? 1 : 0, ramp);
        joined(context, splitter, channels * place, channels).connect(gate.node);
        gate.node.connect(this.fade.node);
        this.gates.set(sound, gate);
      });
      this.sources.push(source);
    }
  }

  /** From time `when` on, still to come, they run from `offset` seconds into the region, faded in. */
  start(when, offset) {
    this.sources.forEach((source) => source.start(when, offset)); // nothing else, or some are late
    this.fade.to(1, when);
  }

  /** Cross-fade to another sound. Gains come to 1 in all, because the sounds of a page are much alike. */
  select(sound, when) {
    this.gates.get(this.selected).to(0, when);
    this.gates.get(sound).to(1, when);
    this.selected = sound;
  }

  /** Fade out and end. */
  stop(when) {
    this.fade.to(0, when);
    const end = Math.max(when, this.context.currentTime) + TAIL * this.ramp; // after the fade, however late that is
    [this.fade, ...this.gates.values()].forEach((fader) => fader.end(end));
    this.sources.forEach((source) => source.stop(end));
    this.sources[0].onended = () => this.fade.node.disconnect();
  }
}

/** Some channels of a splitter as one signal. */
function joined(context, splitter, first, channels) {
  const merger = context.createChannelMerger(channels);
  for (let channel = 0; channel < channels; channel++) {
    splitter.connect(merger, first + channel, channel);
  }
  return merger;
}
