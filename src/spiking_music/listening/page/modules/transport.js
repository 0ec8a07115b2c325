// Play and pause, the reference, the waveform and its loop: the same on every page with sounds.

import { decimal, element } from "mushra/dom";
import { Waveform } from "mushra/waveform";
import { words } from "mushra/words";

export class Transport {
  /** reference: what its button plays, if it is `open`; toggle and select do what they say. */
  constructor(player, reference, { shortest, open = true, toggle, select }) {
    this.player = player;
    this.reference = reference;
    this.icon = element("span", { class: "icon play", "aria-hidden": "true" });
    this.word = element("span", {}, words.play);
    this.toggle = element(
      "button",
      { type: "button", class: "toggle", "aria-keyshortcuts": "Space", onclick: toggle },
      this.icon,
      this.word,
    );
    this.referenceButton = element(
      "button",
      {
        ...{ type: "button", class: "reference", "aria-pressed": "false" },
        ...{ "aria-keyshortcuts": "R", hidden: !open },
        onclick: () => select(reference),
      },
      words.reference,
    );
    this.waveform = new Waveform(player.buffers.get(reference), {
      shortest,
      seek: (seconds) => player.seek(seconds),
      loop: (start, end) => player.setLoop(start, end),
    });
    this.whole = element(
      "button",
      { type: "button", class: "quiet", onclick: () => this.clear() },
      words.playAll,
    );
    this.time = element("span", { class: "time" });
    this.hint = element("span", { class: "hint" }, words.loopHint);
    this.element = element(
      "section",
      { class: "transport", "aria-label": words.playback },
      element("div", { class: "buttons" }, this.toggle, this.referenceButton),
      this.waveform.element,
      element("div", { class: "loop" }, this.time, this.hint, this.whole),
    );
  }

  clear() {
    this.waveform.setLoop(0, this.player.duration);
  }

  /** Begin (0) or end (1) the loop where the sound is now. */
  mark(end) {
    const [first, last] = this.player.loop;
    const here = this.player.position;
    this.waveform.setLoop(...(end ? [first, here] : [here, last]));
  }

  /** Show what is going on; open: whether the reference is what was chosen. */
  show(open) {
    const { playing, position, duration } = this.player;
    this.icon.className = `icon ${playing ? "pause" : "play"}`;
    this.word.textContent = playing ? words.pause : words.play;
    this.referenceButton.setAttribute("aria-pressed", String(playing && open));
    this.referenceButton.classList.toggle("selected", open);
    this.waveform.setPosition(position);
    this.time.textContent = words.time(decimal(position), decimal(duration));
    const [start, end] = this.player.loop;
    this.whole.hidden = end - start >= duration - 1e-3;
    this.hint.hidden = !this.whole.hidden;
  }
}
