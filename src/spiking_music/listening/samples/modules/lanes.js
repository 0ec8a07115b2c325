// Lanes of one clip, one above the other on one time axis: sound, events, notes, spectrogram.

import { element } from "mushra/dom";
import { canvas, drawCodes, drawRoll, drawWaveform, keyRange } from "samples/pictures";
import { called } from "samples/words";

const STEPS = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600]; // seconds between marks of the time axis
const MOST_MARKS = 13;
const HEIGHTS = { wave: 144, roll: 320, codes: 480 }; // pixels of the canvases

export class Lanes {
  /** overlay: the element that playhead, loop and pointer share over all lanes. */
  constructor(clip, buffers, { frequencies, overlay }) {
    this.clip = clip;
    this.buffers = buffers;
    const { seconds } = clip;
    this.wave = canvas(HEIGHTS.wave);
    this.image = element("img", { alt: "", draggable: "false" });
    this.roll = canvas(HEIGHTS.roll);
    this.codes = canvas(HEIGHTS.codes);
    this.captions = ["wave", "mel", "codes"].map(() => element("span"));
    const [wave, mel, codes] = this.captions;
    this.rows = element("ol", { class: "ticks" });
    const { notes } = clip; // null where none are known
    this.codesLane = lane("codes", codes, this.codes, this.rows);
    this.element = element(
      "div",
      { class: "stack" },
      lane("wave", wave, this.wave, ticks([])),
      this.codesLane,
      ...(notes ? [lane("roll", "Notes played", this.roll, ticks(octaves(notes)))] : []),
      lane("mel", mel, this.image, ticks(frequencies, "kHz")),
      axis(seconds),
      overlay,
    );
  }

  /** Show a system (an entry of the clip's systems). */
  show(system) {
    const name = full(system);
    const [wave, mel, codes] = this.captions;
    const isReference = system.group === "reference";
    this.system = system;
    wave.textContent = isReference ? "Waveform" : `Waveform: ${name}, the reference behind it`;
    mel.textContent = `Mel spectrogram: ${name}`;
    this.image.src = system.spectrogram;
    this.codesLane.classList.toggle("empty", !system.codes);
    codes.textContent = system.codes ? described(system.codes) : `No codes: ${name}`;
    this.rows.replaceChildren(...(system.codes ? rowTicks(system.codes) : []));
    this.draw();
  }

  /** Draw all canvases, also when the theme has changed. */
  draw() {
    const { buffers, system } = this;
    drawWaveform(this.wave, buffers.get(system.name), buffers.get("reference"));
    if (this.clip.notes) {
      drawRoll(this.roll, this.clip.notes, this.clip.seconds);
    }
    const { codes } = system;
    if (codes) {
      drawCodes(this.codes, codes);
    } else {
      this.codes.getContext("2d").clearRect(0, 0, this.codes.width, this.codes.height);
    }
  }
}

export function full({ variant, level }) {
  return level === null ? called(variant) : `${called(variant)} at μ = ${level}`;
}

/** What units are sorted by: what the caption says, and what stands at the top and the bottom. */
const SORTED = {
  note: { by: "sorted by the note they are tuned to", ends: ["high", "low"] },
  frequency: { by: "sorted by frequency", ends: ["high", "low"] },
  rarity: { by: "rarest at the bottom", ends: ["often", "seldom"] },
};

function described({ kind, rows, units, sorting }) {
  if (kind === "rvq") {
    return `Indices of ${rows} codebooks, the first on top`;
  }
  const shown = rows < units ? `the ${rows} of ${units} units that fire here` : `${rows} units`;
  return `Events of ${shown}, ${SORTED[sorting].by}`;
}

function lane(name, caption, picture, scale) {
  const label = element("figcaption", {}, caption);
  return element("figure", { class: `lane ${name}` }, label, scale, picture);
}

/** marks: [label, share of the height from the bottom]. */
function ticks(marks, unit = "") {
  return element("ol", { class: "ticks" }, ...marks.map(tick), unit && element("li", { class: "unit" }, unit));
}

function tick([label, share]) {
  const made = element("li", {}, label);
  made.style.bottom = `${100 * share}%`;
  return made;
}

function octaves(notes) {
  const [low, high] = keyRange(notes);
  const all = [24, 36, 48, 60, 72, 84, 96, 108].filter((key) => key >= low && key <= high);
  return all.map((key) => [`C${key / 12 - 1}`, (key - low + 0.5) / (high - low + 1)]);
}

function rowTicks({ kind, rows, sorting }) {
  const names = kind === "rvq" ? ["1", String(rows)] : SORTED[sorting].ends;
  return [tick([names[0], 1 - 0.5 / rows]), tick([names[1], 0.5 / rows])];
}

function axis(seconds) {
  const step = STEPS.find((each) => seconds / each <= MOST_MARKS) ?? seconds;
  const marks = Array.from({ length: Math.floor(seconds / step) + 1 }, (_, i) => {
    const mark = element("li", {}, i === 0 ? "0 s" : String(i * step));
    mark.style.left = `${(100 * i * step) / seconds}%`;
    return mark;
  });
  return element("ol", { class: "axis", "aria-hidden": "true" }, ...marks);
}
