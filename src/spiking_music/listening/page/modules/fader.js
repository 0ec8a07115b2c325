// A gain that moves in straight ramps and never jumps, however often it is told to move.

export class Fader {
  constructor(context, value) {
    this.node = context.createGain();
    this.node.gain.value = value;
    this.node.gain.setValueAtTime(value, 0);
    this.points = [[0, value]]; // [time, value], what the ramps connect
  }

  /** Ramp to `value` between the times `start` and `end`; later plans are dropped. */
  to(value, start, end) {
    const here = this.#at(start);
    const before = this.points.filter(([time]) => time < start).slice(-1);
    this.points = [...before, [start, here], [end, value]];
    const { gain } = this.node;
    gain.cancelScheduledValues(start);
    gain.linearRampToValueAtTime(here, start); // what an interrupted ramp, or none, comes to by then
    gain.linearRampToValueAtTime(value, end);
  }

  #at(time) {
    const next = this.points.findIndex(([at]) => at > time);
    if (next < 0) {
      return this.points.at(-1)[1];
    }
    const [[t0, v0], [t1, v1]] = [this.points[next - 1], this.points[next]];
    return v0 + ((v1 - v0) * (time - t0)) / (t1 - t0);
  }
}
