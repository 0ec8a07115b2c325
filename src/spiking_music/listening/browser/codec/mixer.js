// The order in which a block's symbols are coded, and their chances: mdct/context_network.py, `run`.

import { StreamError } from "codec/errors";

const EVEN = 32768;

export class Mixer {
  /** mixing: a `Mixing`. */
  constructor({ config, tensors }, mixing) {
    this.layout = config.layout;
    this.mixing = mixing;
    this.gainChances = tensors["transitions.gain"];
    this.bandChances = tensors["transitions.envelope"];
  }

  /** Begin a block of at most so many steps, or code one that is known: `codes`. */
  begin(codes) {
    this.mixing.reset();
    return { codes, t: 0, sums: new Float64Array(this.mixing.lately) };
  }

  /** Code the next `steps` of a block, or fill them in. coder: its `code(symbol, k)` gives the symbol. */
  run(coder, block, steps) {
    const { layout, mixing } = this;
    const { bins, bandFrames } = layout;
    const { codes, sums } = block;
    const { gains, levels } = codes;
    for (const end = block.t + steps; block.t < end; block.t++) {
      const { t } = block;
      gains[t] = t
        ? next(coder, gains[t], gains[t - 1], layout.gains, this.gainChances)
        : first(coder, gains[t], layout.gains);
      if (t % bandFrames === 0) {
        this.#bands(coder, codes, t, gains[t] - gains[Math.max(t - bandFrames, 0)]);
      }
      const density = mixing.densityClass(sums.reduce((a, b) => a + b));
      sums[t % mixing.lately] = this.#step(coder, levels.subarray(t * bins, (t + 1) * bins), t, density);
      mixing.clear(t);
    }
  }

  /** The levels of the bands from step t on; loudness has risen by `rise` since the last. */
  #bands(coder, { bands: levels, steps }, t, rise) {
    const { bands, bandLevels, bandFrames } = this.layout;
    const { last: most, aside } = this.mixing;
    const at = (step, m) => levels[step * bands + m];
    for (let m = 0; m < bands; m++) {
      let level;
      if (t === 0) {
        level = first(coder, at(t, m), bandLevels);
      } else {
        const before = at(t - bandFrames, m);
        const change = t > bandFrames ? before - at(t - 2 * bandFrames, m) : 0;
        const row = (m * (2 * most + 1) + cut(change, most) + most) * (2 * aside + 1) + cut(rise, aside) + aside;
        level = next(coder, at(t, m), before, bandLevels, this.bandChances.subarray(3 * row));
        rise = level - before;
      }
      for (let held = t; held < Math.min(t + bandFrames, steps); held++) {
        levels[held * bands + m] = level;
      }
    }
  }

  /** The levels q (B,) of a step; the sum of their sizes. */
  #step(coder, q, t, density) {
    const { mixing } = this;
    const { bins, quiet, sizeOf } = mixing;
    let total = 0;
    for (let n = 0; n < bins; n++) {
      const near = mixing.isNear(t, n);
      let k = quiet[density * bins + n];
      if (near) {
        mixing.forward(t, n, density);
        k = mixing.levelChance(n, 1);
      }
      if (coder.code(q[n] ? 1 : 0, k)) {
        if (!near) {
          mixing.forward(t, n, density);
        }
        q[n] = this.#level(coder, t, n, q[n]);
        total += sizeOf[Math.abs(q[n])];
      }
    }
    return total;
  }

  /** The level of bin n, which fires. */
  #level(coder, t, n, known) {
    const { mixing, layout } = this;
    const positive = coder.code(known > 0 ? 1 : 0, mixing.signChance());
    let size = 1;
    while (size < layout.levels && coder.code(Math.abs(known) > size ? 1 : 0, mixing.levelChance(n, size + 1))) {
      size++;
    }
    const level = positive ? size : -size;
    mixing.accumulate(t, n, level);
    return level;
  }
}

/** The first loudness of a block, 0 .. most. */
function first(coder, level, most) {
  let found = 0;
  for (let digit = 31 - Math.clz32(most); digit >= 0; digit--) {
    found = 2 * found + coder.code((level >> digit) & 1, EVEN);
  }
  if (found > most) {
    throw new StreamError("an entropy code holds impossible symbols");
  }
  return found;
}

/** The level after one of `before`, by the chances that it changes, rises, and by one more. */
function next(coder, level, before, most, chances) {
  if (!coder.code(level === before ? 0 : 1, chances[0])) {
    return before;
  }
  let rises = before === 0;
  if (before > 0 && before < most) {
    rises = Boolean(coder.code(level > before ? 1 : 0, chances[1]));
  }
  const [way, end] = rises ? [1, most] : [-1, 0];
  let found = before + way;
  while (found !== end && coder.code(level === found ? 0 : 1, chances[2])) {
    found += way;
  }
  return found;
}

function cut(value, most) {
  return Math.min(Math.max(value, -most), most);
}
