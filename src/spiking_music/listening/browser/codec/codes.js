// A block's codes: signed levels of its bins, gain and envelope, and the same as a list of events.
//
// Rows of the event matrix, for B bins of G levels, L gains and M bands of K levels: B ON units, B OFF
// units, B units for each level 2 .. G, L of the gain, M·K of the envelope.

/** No codes yet. layout: { bins, levels, gains, bands, bandLevels, bandFrames, rows }. */
export function emptyCodes(layout, steps) {
  return {
    layout,
    steps,
    levels: new Int8Array(steps * layout.bins), // (T, B): −G .. G
    gains: new Uint8Array(steps), // 0 .. L
    bands: new Uint8Array(steps * layout.bands), // (T, M): 0 .. K, held for `bandFrames`
  };
}

/** The codes of blocks one after the other. */
export function chained(parts) {
  const all = emptyCodes(parts[0].layout, parts.reduce((sum, { steps }) => sum + steps, 0));
  let place = 0;
  for (const { layout, steps, levels, gains, bands } of parts) {
    all.levels.set(levels, place * layout.bins);
    all.gains.set(gains, place);
    all.bands.set(bands, place * layout.bands);
    place += steps;
  }
  return all;
}

/** Frames from .. to − 1 of codes, which they share. */
export function section({ layout, levels, gains, bands }, from, to) {
  return {
    layout,
    steps: to - from,
    levels: levels.subarray(from * layout.bins, to * layout.bins),
    gains: gains.subarray(from, to),
    bands: bands.subarray(from * layout.bands, to * layout.bands),
  };
}

/** What a matrix z (N·T), unit by unit, says, whatever that is: the highest gain counts. */
export function codesOf(z, layout, steps) {
  const codes = emptyCodes(layout, steps);
  const { bins, levels, gains, bands, bandLevels } = layout;
  for (let k = 0; k < bins; k++) {
    for (let t = 0; t < steps; t++) {
      const [on, off] = [z[k * steps + t], z[(bins + k) * steps + t]];
      let size = on | off;
      for (let level = 2; level <= levels; level++) {
        size += z[(level * bins + k) * steps + t];
      }
      codes.levels[t * bins + k] = (on - off) * size;
    }
  }
  const gainRow = bins * (levels + 1);
  const highest = (row, count, t) => {
    let found = 0;
    for (let j = 0; j < count; j++) {
      found = z[(row + j) * steps + t] ? j + 1 : found;
    }
    return found;
  };
  for (let t = 0; t < steps; t++) {
    codes.gains[t] = highest(gainRow, gains, t);
    for (let m = 0; m < bands; m++) {
      codes.bands[t * bands + m] = highest(gainRow + gains + m * bandLevels, bandLevels, t);
    }
  }
  return codes;
}

/** The events of a matrix z (N·T): { units, steps }, by time and then by unit. */
export function eventsOfMatrix(z, rows, steps) {
  const list = new EventList();
  for (let t = 0; t < steps; t++) {
    for (let n = 0; n < rows; n++) {
      if (z[n * steps + t]) {
        list.add(n, t);
      }
    }
  }
  return list.done();
}

/** The events of codes, in the same order. */
export function eventsOf(codes) {
  const { bins, gains, bands, bandLevels } = codes.layout;
  const gainRow = bins * (codes.layout.levels + 1);
  const list = new EventList();
  for (let t = 0; t < codes.steps; t++) {
    const row = codes.levels.subarray(t * bins, (t + 1) * bins);
    let most = 0;
    for (let k = 0; k < bins; k++) {
      if (row[k] > 0) {
        list.add(k, t);
      }
      most = Math.max(most, Math.abs(row[k]));
    }
    for (let level = 1; level <= most; level++) {
      for (let k = 0; k < bins; k++) {
        if (level === 1 ? row[k] < 0 : Math.abs(row[k]) >= level) {
          list.add(level * bins + k, t);
        }
      }
    }
    if (codes.gains[t]) {
      list.add(gainRow + codes.gains[t] - 1, t);
    }
    for (let m = 0; m < bands; m++) {
      const level = codes.bands[t * bands + m];
      if (level) {
        list.add(gainRow + gains + m * bandLevels + level - 1, t);
      }
    }
  }
  return list.done();
}

class EventList {
  constructor() {
    this.units = [];
    this.steps = [];
  }

  add(unit, step) {
    this.units.push(unit);
    this.steps.push(step);
  }

  done() {
    return { units: Uint16Array.from(this.units), steps: Uint16Array.from(this.steps) };
  }
}
