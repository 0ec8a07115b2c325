// The systems to choose from: one row each; the levels of one model share a row with a slider.

import { element } from "mushra/dom";
import { called, decibels, explained, kbps, size } from "samples/words";

export class Systems {
  /** entries: a clip's systems. choose(name) is told of a wish. */
  constructor(choose) {
    this.choose = choose;
    this.rows = new Map(); // variant -> its row
    this.levels = new Map(); // variant -> level, kept from clip to clip
    this.element = element("fieldset", { class: "systems" }, element("legend", {}, "Systems"));
  }

  /** Show the numbers of another clip. */
  load(entries) {
    const variants = [...new Set(entries.map(({ variant }) => variant))];
    this.entries = Map.groupBy(entries, ({ variant }) => variant);
    if (this.rows.size === 0) {
      variants.forEach((variant, i) => this.rows.set(variant, this.#row(variant, i)));
      this.element.append(...[...this.rows.values()].map(({ label }) => label));
    }
    variants.forEach((variant) => this.#numbers(variant));
  }

  get variants() {
    return [...this.rows.keys()];
  }

  /** The entry of a variant, at the level where its slider stands. */
  entry(variant) {
    const entries = this.entries.get(variant);
    return entries.find(({ level }) => level === this.levels.get(variant)) ?? entries[0];
  }

  /** Resolves when it is heard. */
  select(variant) {
    this.selected = variant;
    this.rows.get(variant).radio.checked = true;
    return this.choose(this.entry(variant));
  }

  /** Move the slider of the selected variant, or of the first that has one, by a step. */
  step(by) {
    const selected = this.rows.get(this.selected);
    const row = selected.slider ? selected : [...this.rows.values()].find(({ slider }) => slider);
    if (row) {
      row.slider.valueAsNumber += by;
      row.slider.dispatchEvent(new Event("input"));
    }
  }

  #row(variant, i) {
    const radio = element("input", {
      ...{ type: "radio", name: "system", value: variant },
      "aria-keyshortcuts": variant === "reference" ? "R" : key(i) || false,
      onchange: () => this.select(variant),
    });
    const values = element("span", { class: "values" });
    const about = element("small", {}, explained(variant));
    const name = element("span", { class: "system-name" }, called(variant), about);
    const hint = element("kbd", { "aria-hidden": "true" }, variant === "reference" ? "R" : key(i));
    const label = element("label", { class: "system" }, radio, hint, name, values);
    const row = { radio, values, label };
    const levels = this.entries.get(variant).map(({ level }) => level);
    if (levels[0] !== null) {
      this.levels.set(variant, levels[Math.floor(levels.length / 2)]);
      row.slider = this.#slider(variant, levels);
      row.output = element("span", { class: "mu-value", "aria-hidden": "true" });
      label.append(element("span", { class: "level-row" }, row.slider, row.output));
    }
    return row;
  }

  #slider(variant, levels) {
    return element("input", {
      ...{ type: "range", class: "mu", min: "0", max: String(levels.length - 1), step: "1" },
      value: String(levels.indexOf(this.levels.get(variant))),
      "aria-label": `Level μ of ${called(variant)}: higher means fewer events`,
      oninput: ({ target }) => {
        this.levels.set(variant, levels[target.valueAsNumber]);
        this.#numbers(variant);
        this.select(variant);
      },
    });
  }

  #numbers(variant) {
    const { values, slider, output } = this.rows.get(variant);
    const entry = this.entry(variant);
    const { rates, siSnr } = entry;
    // what is written to disk; without entropy tables, what the paper would store
    const parts = [
      rates?.bytes !== undefined && size(rates.bytes),
      rates && kbps(rates.kbps ?? rates.kbpsPaper),
      siSnr !== null && decibels(siSnr),
    ];
    values.replaceChildren(...parts.filter(Boolean).map((part) => element("span", {}, part)));
    if (slider) {
      output.textContent = `μ = ${entry.level}`;
      slider.setAttribute("aria-valuetext", [`μ = ${entry.level}`, ...parts].filter(Boolean).join(", "));
    }
  }
}

function key(i) {
  return i < 10 ? String(i % 10) : "";
}
