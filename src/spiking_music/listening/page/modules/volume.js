// The page on which the volume is set, once for the whole test as BS.1534-3 asks.

import { element } from "mushra/dom";
import { Transport } from "mushra/transport";
import { words } from "mushra/words";

const RANGE_DB = 40; // below full scale, at the lower end of the slider

/** Level in dB of a slider's value from 0 to 100. */
export function decibels(value) {
  return (RANGE_DB * (value - 100)) / 100;
}

export class VolumePage {
  constructor({ test, session, player }, stage, { next }) {
    this.player = player;
    const toggle = () => (player.playing ? player.pause() : player.play());
    this.transport = new Transport(player, stage.clip.reference, {
      shortest: test.loopSeconds,
      toggle,
      select: () => player.play(),
    });
    const slider = element("input", {
      ...{ type: "range", class: "level", min: "0", max: "100", value: session.state.volume },
      oninput: () => {
        session.state.volume = Number(slider.value);
        player.setVolume(decibels(slider.value));
        session.save();
      },
    });
    this.keys = (event) => {
      if (event.key === " " && !event.target.matches("button")) {
        event.preventDefault();
        toggle();
      }
    };
    document.addEventListener("keydown", this.keys);
    this.element = element(
      "article",
      { class: "page" },
      element("h1", { tabindex: "-1" }, words.setVolume),
      element("p", { class: "task" }, words.volumeTask),
      this.transport.element,
      element("label", { class: "card volume" }, words.volume, slider),
      element("footer", {}, element("span", {}), element("button", { type: "button", class: "main", onclick: next }, words.next)),
    );
    this.#tick();
  }

  leave() {
    document.removeEventListener("keydown", this.keys);
    cancelAnimationFrame(this.frame);
    this.player.pause();
  }

  #tick() {
    this.transport.show(true);
    this.frame = requestAnimationFrame(() => this.#tick());
  }
}
