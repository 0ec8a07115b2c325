// What is answered on a page of MOS or DCR (ITU-T P.800): one sound, in one of five categories.

import { element } from "mushra/dom";
import { Choices } from "mushra/choices";
import { Playable } from "mushra/playable";
import { words } from "mushra/words";

export class Category {
  /** As of `Sliders`; method: "mos" or "dcr", which has a reference that must be heard, too. */
  constructor({ method, stage, page, heardSeconds, play, answered }) {
    const [sound] = stage.order;
    Object.assign(this, { page, sound, heardSeconds, needsReference: method === "dcr" });
    this.keys = [sound];
    this.sounds = [
      new Playable(null, {
        ...{ key: "S", heard: page.heard[sound] ?? 0, heardSeconds },
        play: () => play(0),
      }),
    ];
    this.shortcuts = { s: 0 };
    const options = words.methods[method].scale.map((name, i) => [String(i + 1), `${i + 1} – ${name}`]);
    this.choices = new Choices(words.methods[method].question, options.reverse(), {
      value: page.ratings[sound] && String(page.ratings[sound]),
      chosen: (value) => {
        page.ratings[sound] = Number(value);
        answered();
      },
    });
    this.element = element(
      "section",
      { class: "board one", "aria-label": words.ratings },
      element("div", { class: "plays" }, this.sounds[0].element),
      this.choices.element,
    );
    this.left();
  }

  left() {
    const reference = !this.needsReference || (this.page.heard.reference ?? 0) >= this.heardSeconds;
    const [{ unlocked }] = this.sounds;
    this.choices.enable(reference && unlocked);
    const open = [reference ? null : words.reference, unlocked ? null : words.theSound].filter(Boolean);
    if (open.length) {
      return words.stillToHear(open.join(", "));
    }
    return this.page.ratings[this.sound] ? "" : words.stillToAnswer;
  }

  /** Digits answer. */
  answer(digit) {
    this.choices.choose(this.choices.inputs.length - digit);
  }

  called() {
    return words.theSound;
  }

  target() {
    return this.sounds[0].element;
  }

  heard() {
    return words.canAnswer;
  }

  static given({ order }, { ratings }) {
    return String(ratings[order[0]]);
  }

  static asked(answer, method) {
    return words.methods[method].scale[Number(answer) - 1];
  }

  static help = (method) => [
    ["S", words.keys.sound],
    ...(method === "dcr" ? [["R", words.keys.r]] : []),
    ["1 … 5", words.keys.answer],
    [words.space, words.keys.space],
  ];
}
