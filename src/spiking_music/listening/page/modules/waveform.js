// The reference's waveform: click to go there, drag to loop a region, handles for the keyboard.

import { decimal, element } from "mushra/dom";
import { words } from "mushra/words";

const WIDTH = 1200; // columns of the picture, scaled to the page by the style
const HEIGHT = 120;
const DRAGGED = 6; // pixels of a movement that is no click
const STEPS = { ArrowLeft: -0.1, ArrowDown: -0.1, ArrowRight: 0.1, ArrowUp: 0.1, PageDown: -1, PageUp: 1 };

export class Waveform {
  /** shortest: seconds of the shortest loop. seek(seconds) and loop(start, end) are told of wishes. */
  constructor(buffer, { shortest, seek, loop }) {
    this.duration = buffer.duration;
    this.shortest = Math.min(shortest, this.duration);
    this.seek = seek;
    this.changed = loop;
    this.region = [0, this.duration];
    this.handles = ["start", "end"].map((end, i) => this.#handle(end, i));
    this.playhead = element("div", { class: "playhead" });
    this.shade = element("div", { class: "region" });
    this.element = element(
      "div",
      { class: "waveform", onpointerdown: (event) => this.#drag(event) },
      picture(buffer),
      this.shade,
      this.playhead,
      ...this.handles,
    );
    this.#show();
  }

  setPosition(seconds) {
    this.playhead.style.left = this.#percent(seconds);
  }

  /** Loop [start, end], widened to the shortest region and kept inside the clip. */
  setLoop(start, end) {
    const first = Math.min(Math.max(start, 0), this.duration - this.shortest);
    const last = Math.min(Math.max(end, first + this.shortest), this.duration);
    this.region = [first, last];
    this.#show();
    this.changed(first, last);
  }

  #handle(end, i) {
    return element("div", {
      ...{ class: `handle ${end}`, role: "slider", tabindex: "0" },
      "aria-label": end === "start" ? words.loopStart : words.loopEnd,
      "aria-valuemin": "0",
      "aria-valuemax": this.duration.toFixed(1),
      onkeydown: (event) => this.#key(event, i),
    });
  }

  #key(event, i) {
    const ends = { Home: -this.duration, End: this.duration };
    const step = STEPS[event.key] ?? ends[event.key];
    if (step !== undefined) {
      event.preventDefault();
      this.#move(i, this.region[i] + step);
    }
  }

  /** Move one end; the other stays, and keeps it at the shortest distance. */
  #move(i, seconds) {
    const [start, end] = this.region;
    if (i === 0) {
      this.setLoop(Math.min(seconds, end - this.shortest), end);
    } else {
      this.setLoop(start, Math.max(seconds, start + this.shortest));
    }
  }

  #drag(down) {
    const i = this.handles.indexOf(down.target);
    const from = this.#seconds(down);
    let moved = false;
    const move = (event) => {
      moved ||= Math.abs(event.clientX - down.clientX) > DRAGGED;
      if (moved && i >= 0) {
        this.#move(i, this.#seconds(event));
      } else if (moved) {
        this.region = [from, this.#seconds(event)].sort((a, b) => a - b);
        this.#show();
      }
    };
    const up = () => {
      this.element.removeEventListener("pointermove", move);
      this.element.removeEventListener("pointerup", up);
      this.element.removeEventListener("pointercancel", up);
      if (moved) {
        this.setLoop(...this.region);
      } else if (i < 0) {
        this.seek(from);
      }
    };
    this.element.setPointerCapture(down.pointerId);
    this.element.addEventListener("pointermove", move);
    this.element.addEventListener("pointerup", up);
    this.element.addEventListener("pointercancel", up);
  }

  #seconds(event) {
    const { left, width } = this.element.getBoundingClientRect();
    const share = Math.min(Math.max((event.clientX - left) / width, 0), 1);
    return share * this.duration;
  }

  #show() {
    const [start, end] = this.region;
    this.shade.style.left = this.#percent(start);
    this.shade.style.right = this.#percent(this.duration - end);
    this.handles.forEach((handle, i) => {
      handle.style.left = this.#percent(this.region[i]);
      handle.setAttribute("aria-valuenow", this.region[i].toFixed(1));
      handle.setAttribute("aria-valuetext", words.seconds(decimal(this.region[i])));
    });
    this.element.classList.toggle("whole", end - start >= this.duration);
  }

  #percent(seconds) {
    return `${(100 * seconds) / this.duration}%`;
  }
}

/** Peaks of the first channel, a bar a few samples wide each. */
function picture(buffer) {
  const canvas = element("canvas", { width: WIDTH, height: HEIGHT, "aria-hidden": "true" });
  const samples = buffer.getChannelData(0);
  const peaks = new Float32Array(WIDTH / 4);
  samples.forEach((sample, i) => {
    const bar = Math.floor((i * peaks.length) / samples.length);
    peaks[bar] = Math.max(peaks[bar], Math.abs(sample));
  });
  const loudest = Math.max(...peaks, 1e-6);
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#7f9db5";
  peaks.forEach((peak, bar) => {
    const height = Math.max(2, (peak / loudest) * (HEIGHT - 8));
    pen.fillRect(bar * 4, (HEIGHT - height) / 2, 3, height);
  });
  return canvas;
}
