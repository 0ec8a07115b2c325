// What is answered on a page of AB (which is preferred) or ABX (which of two the third is).

import { element } from "mushra/dom";
import { Choices } from "mushra/choices";
import { Playable } from "mushra/playable";
import { words } from "mushra/words";

export class Pair {
  /** As of `Sliders`; method: "ab" or "abx". */
  constructor({ method, stage, page, heardSeconds, play, answered }) {
    this.page = page;
    this.keys = method === "abx" ? [...stage.order, "x"] : stage.order;
    this.sounds = this.keys.map(
      (name, place) =>
        new Playable("ABX"[place], {
          ...{ key: "ABX"[place], heard: page.heard[name] ?? 0, heardSeconds },
          play: () => play(place),
        }),
    );
    this.shortcuts = { a: 0, b: 1, ...(method === "abx" ? { x: 2 } : {}) };
    const { question, answers } = words.methods[method];
    this.choices = new Choices(question, Object.entries(answers), {
      value: page.choice,
      chosen: (value) => {
        page.choice = value;
        answered();
      },
    });
    this.element = element(
      "section",
      { class: "board one", "aria-label": words.ratings },
      element("div", { class: "plays" }, ...this.sounds.map((sound) => sound.element)),
      this.choices.element,
    );
    this.left();
  }

  left() {
    const open = this.sounds.filter(({ unlocked }) => !unlocked).map(({ label }) => label);
    this.choices.enable(!open.length);
    if (open.length) {
      return words.stillToHear(open.join(", "));
    }
    return this.page.choice ? "" : words.stillToAnswer;
  }

  /** Digits answer. */
  answer(digit) {
    this.choices.choose(digit - 1);
  }

  called(place) {
    return words.sound(this.sounds[place].label);
  }

  target(place) {
    return this.sounds[place].element;
  }

  heard() {
    return this.sounds.every(({ unlocked }) => unlocked) ? words.canAnswer : "";
  }

  static given(stage, { choice }) {
    return choice;
  }

  static asked(answer, method) {
    return words.methods[method].answers[answer];
  }

  static help = (method) => [
    [method === "abx" ? "A B X" : "A B", words.keys.sound],
    [method === "abx" ? "1 2" : "1 … 3", words.keys.answer],
    [words.space, words.keys.space],
  ];
}
