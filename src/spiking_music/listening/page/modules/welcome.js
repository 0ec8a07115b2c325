// The first page: what is asked of the participant, and who they are.

import { element } from "mushra/dom";

export class WelcomePage {
  constructor({ test, session }, { next }) {
    const inputs = test.fields.map((name) => {
      const input = element("input", {
        ...{ type: "text", name, autocomplete: "off", maxlength: "200" },
        ...{ required: true, pattern: ".*\\S.*" },
      });
      input.value = session.state.fields[name] ?? "";
      return input;
    });
    const begin = (event) => {
      event.preventDefault();
      inputs.forEach(({ name, value }) => (session.state.fields[name] = value.trim()));
      next();
    };
    const labels = inputs.map((input) => element("label", {}, words(input.name), input));
    const start = element("button", { type: "submit", class: "main" }, "Begin");
    this.element = element(
      "article",
      { class: "page text" },
      element("h1", { tabindex: "-1" }, test.title),
      ...introduction(test),
      element("form", { class: "card", onsubmit: begin }, ...labels, start),
      ...contact(test),
    );
  }

  leave() {}
}

function introduction(test) {
  const clips = test.clips.length;
  const sounds = Math.max(...test.clips.map((clip) => clip.stimuli.length));
  return [
    element(
      "p",
      { class: "lead" },
      `You will hear ${clips} ${clips === 1 ? "excerpt" : "excerpts"} of music. Each comes as a reference and in ${sounds} versions, and you rate how good each version is compared with the reference.`,
    ),
    element(
      "ul",
      { class: "advice" },
      element("li", {}, "Use headphones in a quiet room."),
      element("li", {}, "Switch between the sounds as often as you like; they all run at the same position."),
      element("li", {}, "A slider is enabled once its sound has been heard."),
      element("li", {}, "One version is the reference itself: it deserves 100."),
      element("li", {}, "Take a break whenever you like: this browser keeps your answers."),
    ),
  ];
}

function contact(test) {
  return test.contact ? [element("p", { class: "contact" }, `Questions: ${test.contact}`)] : [];
}

/** A column's name as a label. */
function words(name) {
  return name[0].toUpperCase() + name.slice(1).replaceAll("_", " ");
}
