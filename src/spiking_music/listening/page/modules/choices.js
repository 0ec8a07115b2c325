// One of several answers, as radio buttons that are enabled once the sounds have been heard.

import { element } from "mushra/dom";

export class Choices {
  /** options: [value, text]. value: what was chosen before. chosen(value) is told of answers. */
  constructor(legend, options, { value, chosen }) {
    this.inputs = options.map(([option]) => {
      const input = element("input", {
        ...{ type: "radio", name: "answer", value: option, disabled: true },
        onchange: () => chosen(option),
      });
      input.checked = option === value;
      return input;
    });
    const labels = options.map(([, text], i) => element("label", {}, this.inputs[i], text));
    this.element = element("fieldset", { class: "question answers" }, element("legend", {}, legend), ...labels);
  }

  enable(on) {
    this.inputs.forEach((input) => (input.disabled = !on));
  }

  /** Choose by its place, as a key does. */
  choose(place) {
    const input = this.inputs[place];
    if (input && !input.disabled) {
      input.click();
      input.focus();
    }
  }
}
