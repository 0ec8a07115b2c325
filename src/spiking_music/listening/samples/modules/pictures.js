// What stands in the lanes: waveform, notes and codes, drawn on canvas in the colours of the theme.

import { element } from "mushra/dom";
import { fromBase64 } from "samples/sounds";

const WIDTH = 1536; // pixels, scaled to the page by the style
const BLACK_KEYS = new Set([1, 3, 6, 8, 10]);

export function canvas(height) {
  return element("canvas", { width: WIDTH, height, "aria-hidden": "true" });
}

/** A colour of the style by its name. */
function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function cleared(target) {
  const pen = target.getContext("2d");
  pen.clearRect(0, 0, target.width, target.height);
  return pen;
}

/** Extremes of a buffer before the reference's, which stands behind; both on the same scale. */
export function drawWaveform(target, buffer, reference) {
  const pen = cleared(target);
  const behind = extremes(reference);
  const front = extremes(buffer);
  const loudest = Math.max(...behind.flat().map(Math.abs), ...front.flat().map(Math.abs), 1e-6);
  const bars = (pairs, ink) => {
    pen.fillStyle = ink;
    pairs.forEach(([low, high], i) => {
      const y = (value) => (target.height / 2) * (1 - (0.96 * value) / loudest);
      pen.fillRect(2 * i, y(high), 2, Math.max(1.5, y(low) - y(high)));
    });
  };
  bars(behind, colour("--behind"));
  if (buffer !== reference) {
    bars(front, colour("--accent-wave"));
  }
}

function extremes(buffer) {
  const samples = buffer.getChannelData(0);
  const bars = WIDTH / 2;
  return Array.from({ length: bars }, (_, i) => {
    const part = samples.subarray((i * samples.length) / bars, ((i + 1) * samples.length) / bars);
    return [part.reduce((a, b) => Math.min(a, b), 0), part.reduce((a, b) => Math.max(a, b), 0)];
  });
}

/** Keys that are shown, [lowest, highest], at least three octaves. */
export function keyRange(notes) {
  const keys = notes.map(([, , key]) => key);
  const [low, high] = [Math.min(...keys, 60) - 2, Math.max(...keys, 60) + 2];
  const missing = Math.max(0, 36 - (high - low)) / 2;
  return [Math.max(21, Math.floor(low - missing)), Math.min(108, Math.ceil(high + missing))];
}

/** Notes [start, end, key, velocity] over the rows of black keys. */
export function drawRoll(target, notes, seconds) {
  const pen = cleared(target);
  const [low, high] = keyRange(notes);
  const row = target.height / (high - low + 1);
  pen.fillStyle = colour("--stripe");
  for (let key = low; key <= high; key++) {
    if (BLACK_KEYS.has(key % 12)) {
      pen.fillRect(0, (high - key) * row, target.width, row);
    }
  }
  pen.fillStyle = colour("--note");
  for (const [start, end, key, velocity] of notes) {
    const [x, y] = [(start / seconds) * target.width, (high - key) * row];
    const width = Math.max(6, ((end - start) / seconds) * target.width - 2);
    pen.globalAlpha = 0.15 + (0.35 * velocity) / 127;
    pen.fillRect(x, y + 0.5, width, row - 1);
    pen.globalAlpha = 0.45 + (0.55 * velocity) / 127;
    pen.fillRect(x, y + 0.5, 6, row - 1); // where it begins
  }
  pen.globalAlpha = 1;
}

/** Binary codes as events, low notes' units at the bottom; RVQ indices as shades. */
export function drawCodes(target, codes) {
  const pen = cleared(target);
  pen.fillStyle = colour("--accent-events");
  const { kind, rows, steps } = codes;
  const bytes = codes.bits ?? fromBase64(codes.data);
  const [wide, high] = [target.width / steps, target.height / rows];
  for (let cell = 0; cell < rows * steps; cell++) {
    const [row, step] = [Math.floor(cell / steps), cell % steps];
    if (kind === "rvq") {
      pen.globalAlpha = bytes[cell] / 255;
      pen.fillRect(step * wide, row * high, wide, high - 2);
    } else if (bytes[cell >> 3] & (128 >> (cell & 7))) {
      pen.fillRect(step * wide, (rows - 1 - row) * high, wide - 1, Math.max(1, high - 1));
    }
  }
  pen.globalAlpha = 1;
}
