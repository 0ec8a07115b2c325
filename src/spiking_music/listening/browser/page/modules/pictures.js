// The lanes: events by time and frequency, and the waveform of the whole recording.

const SHADE = { on: 0.75, off: 0.75, further: 0.2, envelope: 0.16 };

/** Hz → its place on the frequency axis, octaves from about 110 Hz on: 0 .. 1 of half the rate. */
export function place(hz, rate) {
  return Math.log2(1 + hz / 110) / Math.log2(1 + rate / 220);
}

/** What every unit is: { kind, low, high } in Hz; a gain has no frequency. */
export function drawnUnits({ layout, envelopeEdges, sampleRate, hop }) {
  const width = sampleRate / (2 * hop); // Hz a bin
  const units = [];
  for (let level = 0; level <= layout.levels; level++) {
    const kind = ["on", "off"][level] ?? "further";
    for (let k = 0; k < layout.bins; k++) {
      units.push({ kind, low: k * width, high: (k + 1) * width });
    }
  }
  for (let j = 0; j < layout.gains; j++) {
    units.push({ kind: "gain", share: (j + 1) / layout.gains });
  }
  for (let m = 0; m < layout.bands; m++) {
    for (let j = 0; j < layout.bandLevels; j++) {
      const share = (j + 1) / layout.bandLevels;
      units.push({ kind: "envelope", share, low: envelopeEdges[m] * width, high: envelopeEdges[m + 1] * width });
    }
  }
  return units;
}

/** A colour of the style by its name. */
function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** A canvas of as many pixels as it is shown with, cleared. */
function cleared(canvas) {
  const scale = Math.min(devicePixelRatio, 2);
  canvas.width = Math.max(1, Math.round(canvas.clientWidth * scale));
  canvas.height = Math.max(1, Math.round(canvas.clientHeight * scale));
  return canvas.getContext("2d");
}

/** Events between two times. Gains are a line of steps at the bottom, over `strip` of the height. */
export function drawEvents(canvas, recording, units, [from, to], strip = 0.1) {
  const pen = cleared(canvas);
  const { rate, hop } = recording.header;
  const [wide, high] = [canvas.width / (((to - from) * rate) / hop), canvas.height * (1 - strip)];
  const y = (hz) => high * (1 - place(hz, rate));
  const inks = { on: colour("--on"), off: colour("--off"), further: colour("--ink"), envelope: colour("--ink") };
  pen.fillStyle = colour("--stripe");
  pen.fillRect(0, high + 2, canvas.width, canvas.height - high - 2);
  for (const kind of ["envelope", "on", "off", "further", "gain"]) {
    pen.fillStyle = inks[kind] ?? colour("--behind");
    for (const { start, events } of recording.between(from, to)) {
      events.units.forEach((unit, i) => {
        const own = units[unit];
        if (own.kind !== kind) {
          return;
        }
        const x = (start + events.steps[i] - (from * rate) / hop) * wide;
        if (kind === "gain") {
          const tall = own.share * (canvas.height - high - 4);
          pen.fillRect(x, canvas.height - tall, Math.max(wide, 1), tall);
        } else {
          pen.globalAlpha = SHADE[kind] * (own.share ?? 1);
          const bottom = y(own.low);
          const tall = Math.max(bottom - y(own.high), 1.5);
          const gap = kind === "envelope" ? 0 : Math.min(1, wide / 5);
          pen.fillRect(x, bottom - tall, Math.max(wide - gap, 1), tall - gap / 2);
        }
      });
    }
    pen.globalAlpha = 1;
  }
}

/** The waveform of all that is decoded, over the width of the whole. */
export function drawWaveform(canvas, { samples, decoded }) {
  const pen = cleared(canvas);
  const bars = Math.max(1, Math.floor(canvas.width / 2));
  const size = samples.length / bars;
  const peaks = [];
  for (let bar = 0; bar * size < decoded; bar++) {
    const part = samples.subarray(bar * size, Math.min(decoded, (bar + 1) * size));
    peaks.push(part.reduce((most, x) => Math.max(most, Math.abs(x)), 0));
  }
  const loudest = Math.max(...peaks, 1e-4);
  pen.fillStyle = colour("--behind");
  peaks.forEach((peak, bar) => {
    const tall = Math.max(2, (0.94 * canvas.height * peak) / loudest);
    pen.fillRect(2 * bar, (canvas.height - tall) / 2, 1.5, tall);
  });
}
