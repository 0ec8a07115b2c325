// A gain that glides and never jumps, however late or often it is told to move.
//
// Times of a busy page are past before the audio thread learns of them. Ramps that are planned by
// time would jump then. Here a plan is nothing but a step, which a filter makes smooth.

const DONE = 6.64; // time constants of the filter until 99 % of a step are done
const CRITICAL = 20 * Math.log10(0.5); // dB, the filter's Q: as fast as one can be without overshoot

export class Fader {
  /** ramp: seconds in which it comes to within 1 % of where it is sent. */
  constructor(context, value, ramp) {
    this.node = context.createGain();
    this.node.gain.value = 0; // what follows is added to it
    this.level = new ConstantSourceNode(context, { offset: value });
    const frequency = DONE / (2 * Math.PI * ramp);
    const smooth = new BiquadFilterNode(context, { type: "lowpass", frequency, Q: CRITICAL });
    this.level.connect(smooth).connect(this.node.gain);
    this.level.start();
  }

  /** Glide to `value` from the time `when` on, or from now where that is past; later plans are dropped. */
  to(value, when) {
    this.level.offset.cancelScheduledValues(when);
    this.level.offset.setValueAtTime(value, when);
  }

  /** It is over by then. */
  end(when) {
    this.level.stop(when);
  }
}
