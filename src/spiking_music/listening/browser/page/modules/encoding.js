// A recording that was given: at what level or bit rate to encode it.

import { element } from "mushra/dom";

const KBPS = { min: "0.2", max: "5", step: "0.1", value: "1.5" };

export class Encoding {
  /** encode: called with the wish, { level } or { kbps }. config: of the model. */
  constructor(config, encode) {
    this.config = config;
    this.heading = element("h2");
    this.element = element(
      "form",
      { class: "encoding card", hidden: true, onsubmit: (event) => this.#submit(event, encode) },
      this.heading,
      ...(config.levels ? this.#choices() : []),
      element("button", { class: "main", type: "submit" }, "Encode"),
    );
  }

  show(name) {
    this.heading.textContent = `Encode ${name}`;
    this.element.hidden = false;
    this.element.querySelector("input, button").focus();
  }

  #choices() {
    const last = this.config.levels - 1;
    const value = String(this.config.defaultLevel);
    this.byLevel = element("input", { type: "radio", name: "by", id: "by-level", checked: true, onchange: () => this.#choose() });
    this.byRate = element("input", { type: "radio", name: "by", id: "by-rate", onchange: () => this.#choose() });
    this.shown = element("output", { for: "level" }, value);
    this.level = element("input", {
      ...{ type: "range", id: "level", min: "0", max: String(last), value, "aria-labelledby": "level-name" },
      oninput: () => (this.shown.textContent = this.level.value),
    });
    this.kbps = element("input", { type: "number", ...KBPS, required: true, disabled: true, "aria-label": "kbps at most" });
    return [
      element(
        "fieldset",
        {},
        element("legend", {}, "How much to spend"),
        element("div", { class: "choice" }, element("label", { for: "by-level", id: "level-name" }, this.byLevel, "Level μ"), this.level, this.shown),
        element("p", { class: "hint" }, `0 sounds best and takes most bits, ${last} takes fewest.`),
        element("div", { class: "choice" }, element("label", { for: "by-rate" }, this.byRate, "Bit rate"), element("span", {}, this.kbps, " kbps at most")),
      ),
    ];
  }

  #choose() {
    this.level.disabled = this.byRate.checked;
    this.kbps.disabled = this.byLevel.checked;
  }

  #submit(event, encode) {
    event.preventDefault();
    if (!this.config.levels) {
      encode({});
    } else {
      encode(this.byRate.checked ? { kbps: this.kbps.valueAsNumber } : { level: this.level.valueAsNumber });
    }
  }
}
