// What is heard and seen: transport, waveform of the whole, events of a part of it.

import { element } from "mushra/dom";
import { drawEvents, drawWaveform, drawnUnits, place } from "page/pictures";
import { clock } from "page/words";

const FREQUENCIES = [100, 200, 500, 1000, 2000, 5000, 10000]; // Hz, ticks
const SPANS = [1, 2, 4, 8, 16, 32, 64]; // seconds of events in view
const STEP = 1; // seconds of an arrow key
const STRIP = 0.1; // of the height, for gains
const LEGEND = [["on", "ON, a positive coefficient"], ["off", "OFF, a negative one"], ["further", "a further level of it"], ["envelope", "envelope of a band"], ["gain", "frame gain"]];

export class Stage {
  /** config: of the model. */
  constructor(player, config) {
    Object.assign(this, { player, units: drawnUnits(config), recording: null, from: 0, span: 3 });
    this.toggle = element("button", { class: "main toggle", type: "button", onclick: () => this.playOrPause() }, "Play");
    this.time = element("span", { class: "time" });
    this.nearer = element("button", { type: "button", onclick: () => this.zoom(-1), "aria-label": "Show fewer seconds" }, "+");
    this.wider = element("button", { type: "button", onclick: () => this.zoom(1), "aria-label": "Show more seconds" }, "−");
    this.wave = element("canvas", { "aria-hidden": "true" });
    this.view = element("div", { class: "view" });
    this.here = element("div", { class: "playhead" });
    this.overview = element(
      "div",
      {
        ...{ class: "overview", role: "slider", tabindex: "0", "aria-label": "Position", "aria-valuemin": "0" },
        onkeydown: (event) => this.#slide(event),
        onpointerdown: (event) => this.#seekTo(event, this.overview, 0, this.recording.seconds),
      },
      this.wave, this.view, this.here,
    );
    this.canvas = element("canvas", { role: "img" });
    this.head = element("div", { class: "playhead" });
    this.field = element(
      "div",
      { class: "field", onpointerdown: (event) => this.#seekTo(event, this.field, this.from, this.seconds) },
      this.canvas, this.head,
    );
    this.axis = element("ol", { class: "axis", "aria-hidden": "true" });
    this.element = element(
      "section",
      { class: "stage card", "aria-label": "Sound and events" },
      element("div", { class: "controls" }, this.toggle, this.time, element("span", { class: "zoom" }, this.wider, this.nearer)),
      this.overview,
      element("div", { class: "lane" }, ticks(config.sampleRate), this.field, this.axis),
      element("ul", { class: "legend" }, ...LEGEND.map(([kind, words]) => element("li", { class: kind }, words))),
    );
    new ResizeObserver(() => this.draw()).observe(this.field);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

  /** Seconds of events in view. */
  get seconds() {
    return Math.min(SPANS[this.span], this.recording.seconds);
  }

  /** Another recording, of which nothing is decoded yet. */
  load(recording) {
    this.recording = recording;
    this.from = 0;
    this.shown = null; // the position that is shown
    this.toggle.textContent = "Play";
    this.overview.setAttribute("aria-valuemax", recording.seconds.toFixed(1));
    this.draw();
  }

  draw() {
    if (!this.recording || !this.element.isConnected) {
      return;
    }
    const { recording, from, seconds } = this;
    drawWaveform(this.wave, recording);
    drawEvents(this.canvas, recording, this.units, [from, from + seconds], STRIP);
    this.canvas.setAttribute("aria-label", `Events from ${clock(from)} to ${clock(from + seconds)}, by time and frequency`);
    const share = (time) => `${(100 * time) / recording.seconds}%`;
    Object.assign(this.view.style, { left: share(from), width: share(seconds) });
    this.axis.replaceChildren(...marks(from, seconds));
    this.shown = null;
    this.nearer.disabled = this.span === 0;
    this.wider.disabled = SPANS[this.span] >= recording.seconds || this.span === SPANS.length - 1;
  }

  /** Once a frame of the screen: the playhead, and the part in view that follows it. */
  follow() {
    const { recording, player } = this;
    if (player.playing && player.position >= recording.seconds) {
      player.pause();
      player.seek(0);
      this.toggle.textContent = "Play";
    }
    const position = Math.min(player.position, recording.seconds);
    if (position < this.from || position >= this.from + this.seconds) {
      this.from = Math.max(0, Math.min(Math.floor(position / this.seconds) * this.seconds, recording.seconds - this.seconds));
      this.draw();
    }
    if (position === this.shown) {
      return;
    }
    this.shown = position;
    this.time.textContent = `${clock(position)} of ${clock(recording.seconds)}`;
    this.here.style.left = `${(100 * position) / recording.seconds}%`;
    this.head.style.left = `${(100 * (position - this.from)) / this.seconds}%`;
    this.overview.setAttribute("aria-valuenow", position.toFixed(1));
    this.overview.setAttribute("aria-valuetext", `${clock(position)} of ${clock(recording.seconds)}`);
  }

  playOrPause() {
    if (this.player.playing) {
      this.player.pause();
    } else {
      this.player.play();
    }
    this.toggle.textContent = this.toggle.textContent === "Play" ? "Pause" : "Play";
  }

  /** Go on by so many seconds. */
  skip(seconds) {
    this.player.seek(Math.min(Math.max(0, this.player.position + seconds), this.recording.seconds - 0.01));
  }

  /** More (1) or fewer (−1) seconds in view, around the playhead. */
  zoom(way) {
    const last = SPANS.findIndex((span) => span >= this.recording.seconds);
    this.span = Math.min(Math.max(this.span + way, 0), last < 0 ? SPANS.length - 1 : last);
    const middle = this.player.position - this.seconds / 2;
    this.from = Math.max(0, Math.min(middle, this.recording.seconds - this.seconds));
    this.draw();
  }

  #slide(event) {
    const steps = { ArrowLeft: -STEP, ArrowDown: -STEP, ArrowRight: STEP, ArrowUp: STEP, PageDown: -10 * STEP, PageUp: 10 * STEP, Home: -Infinity, End: Infinity };
    if (event.key in steps) {
      event.preventDefault();
      event.stopPropagation();
      this.skip(steps[event.key]);
    }
  }

  #seekTo(event, target, from, seconds) {
    const box = target.getBoundingClientRect();
    this.player.seek(from + ((event.clientX - box.left) / box.width) * seconds);
  }
}

function ticks(rate) {
  const marks = FREQUENCIES.map((hz) => {
    const mark = element("li", {}, hz < 1000 ? `${hz} Hz` : `${hz / 1000} kHz`);
    mark.style.bottom = `${100 * (STRIP + (1 - STRIP) * place(hz, rate))}%`;
    return mark;
  });
  return element("ol", { class: "ticks", "aria-hidden": "true" }, ...marks);
}

/** Whole seconds in view, at most twelve of them. */
function marks(from, seconds) {
  const step = [0.25, 0.5, 1, 2, 5, 10].find((each) => seconds / each <= 9);
  const made = [];
  for (let time = Math.ceil(from / step) * step; time < from + 0.97 * seconds; time += step) {
    const mark = element("li", {}, `${+time.toFixed(2)} s`);
    mark.style.left = `${(100 * (time - from)) / seconds}%`;
    made.push(mark);
  }
  return made;
}
