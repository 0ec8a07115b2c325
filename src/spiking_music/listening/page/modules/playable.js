// A sound that is played by a button of its own, and how much of it has been heard.

import { element } from "mushra/dom";
import { words } from "mushra/words";

export class Playable {
  /** letter: null where it is the only one. heard: seconds so far, of which `heardSeconds` are needed. */
  constructor(letter, { key, heard, heardSeconds, play }) {
    this.label = letter ?? words.theSound;
    this.heardSeconds = heardSeconds;
    this.element = element(
      "button",
      {
        ...{ type: "button", class: "sound-play playable", "aria-pressed": "false" },
        "aria-keyshortcuts": key,
        onclick: play,
      },
      ...(letter ? [element("span", { class: "unseen" }, `${words.playSound} `), letter] : [words.playSound]),
    );
    this.hear(heard);
  }

  hear(seconds) {
    this.unlocked = seconds >= this.heardSeconds;
    this.element.classList.toggle("rated", this.unlocked);
  }

  setPlaying(playing, selected) {
    this.element.setAttribute("aria-pressed", String(playing && selected));
  }
}
