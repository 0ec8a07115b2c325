// What is answered on a page of MUSHRA: a slider for each sound, over five bands.

import { element } from "mushra/dom";
import { band, BANDS, Rating } from "mushra/rating";
import { words } from "mushra/words";

export class Sliders {
  /** page: what is known of it. play(place) and answered() are told of clicks. */
  constructor({ stage, page, heardSeconds, play, answered }) {
    this.training = stage.kind === "training";
    this.keys = stage.order; // what seconds are counted under
    this.sounds = stage.order.map(
      (sound, place) =>
        new Rating(place + 1, {
          score: page.ratings[sound],
          heard: page.heard[sound] ?? 0,
          heardSeconds,
          play: () => play(place),
          rated: (score) => {
            page.ratings[sound] = score;
            answered();
          },
        }),
    );
    this.shortcuts = Object.fromEntries(this.sounds.slice(0, 9).map((_, place) => [String(place + 1), place]));
    const scale = [...BANDS].reverse().map((name, i) =>
      element("li", {}, element("span", {}, name), element("small", {}, `${80 - 20 * i}–${100 - 20 * i}`)),
    );
    this.element = element(
      "section",
      { class: "board", "aria-label": words.ratings },
      element("ol", { class: "scale", "aria-hidden": "true" }, ...scale),
      element("ol", { class: "sounds" }, ...this.sounds.map((rating) => rating.element)),
    );
  }

  /** What is still to be done before the next page; empty = nothing. */
  left() {
    const done = (rating) => (this.training ? rating.unlocked : rating.isRated);
    const open = this.sounds.filter((rating) => !done(rating)).map(({ number }) => number);
    const still = this.training ? words.stillToHear : words.stillToRate;
    return open.length ? still(open.join(", ")) : "";
  }

  called(place) {
    return words.sound(this.sounds[place].number);
  }

  /** Where the focus goes when a sound is chosen by its key. */
  target(place) {
    const { slider, button } = this.sounds[place];
    return slider.disabled ? button : slider;
  }

  heard(place) {
    return words.unlocked(this.sounds[place].number);
  }

  /** The band, from 1, that the only sound of an attention page was put in. */
  static given({ order }, { ratings }) {
    return String(BANDS.indexOf(band(ratings[order[0]])) + 1);
  }

  static asked(answer) {
    return BANDS[Number(answer) - 1];
  }

  static help = () => [
    ["1 … 9", words.keys.number],
    ["R", words.keys.r],
    [words.space, words.keys.space],
    ["↑ ↓", words.keys.arrows],
  ];
}
