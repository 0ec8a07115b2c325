// Headphones or loudspeakers? Woods, Siegel, Traer & McDermott (2017): which of three tones is the
// quietest? One is 6 dB below the others, another has its channels in opposite phase, so that
// loudspeakers cancel it and make it seem the quietest.

import { Choices } from "mushra/choices";
import { announce, element } from "mushra/dom";
import { hash, shuffled } from "mushra/random";
import { words } from "mushra/words";

const TRIALS = 6;
const ENOUGH = 5; // right answers
const TONES = ["normal", "quiet", "opposed"];
const HZ = 200;
const SECONDS = { tone: 1, pause: 0.5, ramp: 0.1 };
const LEVEL_DB = -20; // re full scale
const QUIETER_DB = -6;

/** The tones of each trial in their order. */
export function headphoneTrials(seed) {
  return Array.from({ length: TRIALS }, (_, trial) => shuffled(TONES, hash(`${seed}:tones:${trial}`)));
}

/** Whether answers (places from 1) are those of somebody with headphones. */
export function hasHeadphones(seed, answers) {
  const right = headphoneTrials(seed).filter((tones, trial) => tones[Number(answers[trial]) - 1] === "quiet");
  return right.length >= ENOUGH;
}

/** Left and right of a trial, [Float32Array, Float32Array]. */
export function tones(order, sampleRate) {
  const [long, pause, ramp] = [SECONDS.tone, SECONDS.pause, SECONDS.ramp].map((s) => Math.round(s * sampleRate));
  const channels = [0, 1].map(() => new Float32Array(order.length * long + (order.length - 1) * pause));
  order.forEach((kind, place) => {
    const gain = 10 ** ((LEVEL_DB + (kind === "quiet" ? QUIETER_DB : 0)) / 20);
    for (let i = 0; i < long; i++) {
      const edge = Math.min(1, i / ramp, (long - 1 - i) / ramp);
      const value = gain * edge * Math.sin((2 * Math.PI * HZ * i) / sampleRate);
      const at = place * (long + pause) + i;
      channels[0][at] = value;
      channels[1][at] = kind === "opposed" ? -value : value;
    }
  });
  return channels;
}

export class HeadphonesPage {
  /** next: told when all are answered; `state.screenedOut` says with what result. */
  constructor({ session, player }, { next }) {
    Object.assign(this, { session, player, done: next });
    this.trials = headphoneTrials(session.state.seed);
    this.heading = element("h1", { tabindex: "-1" });
    this.play = element("button", { type: "button", onclick: () => this.#play() }, words.playTones);
    this.next = element("button", { type: "button", class: "main", onclick: () => this.#next() }, words.next);
    this.card = element("div", { class: "card" });
    this.element = element(
      "article",
      { class: "page text" },
      this.heading,
      element("p", { class: "task" }, words.headphonesTask),
      this.card,
      element("footer", {}, element("span", {}), this.next),
    );
    this.#show();
  }

  leave() {
    this.source?.stop();
  }

  #show() {
    const trial = this.session.state.tones.length;
    this.answer = null;
    this.heading.textContent = words.headphonesHeading(trial + 1, TRIALS);
    const options = ["1", "2", "3"].map((place) => [place, words.tone(place)]);
    this.choices = new Choices(words.quietest, options, {
      chosen: (value) => {
        this.answer = value;
        this.next.disabled = false;
      },
    });
    this.card.replaceChildren(this.play, this.choices.element);
    this.play.disabled = false;
    this.next.disabled = true;
  }

  async #play() {
    const { context, volume } = this.player;
    this.play.disabled = true;
    await context.resume();
    const channels = tones(this.trials[this.session.state.tones.length], context.sampleRate);
    const buffer = context.createBuffer(2, channels[0].length, context.sampleRate);
    channels.forEach((samples, channel) => buffer.copyToChannel(samples, channel));
    this.source = context.createBufferSource();
    this.source.buffer = buffer;
    this.source.connect(volume.node);
    const { choices } = this;
    this.source.onended = () => {
      choices.enable(true);
      this.play.disabled = false;
    };
    this.source.start();
  }

  #next() {
    const { state } = this.session;
    state.tones.push(this.answer);
    this.source?.stop();
    if (state.tones.length < TRIALS) {
      this.#show();
      this.session.save();
      announce(this.heading.textContent);
      this.heading.focus();
    } else {
      state.screenedOut = !hasHeadphones(state.seed, state.tones);
      this.done();
    }
  }
}
