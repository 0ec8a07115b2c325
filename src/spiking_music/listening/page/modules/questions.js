// Questions as a form: a line of text each, or one of several choices.

import { element } from "mushra/dom";
import { words } from "mushra/words";

export class Questions {
  /** asked: [{ name, text, choices }]. answers: those of before, by name. */
  constructor(asked, answers) {
    this.asked = asked;
    this.elements = asked.map((question) => {
      const { name, text, choices } = question;
      return choices.length ? choice(name, text, choices, answers[name]) : line(name, text, answers[name]);
    });
  }

  /** What was answered, by name. */
  read() {
    const values = this.elements.map((each) => each.querySelector("input[type=text], input:checked").value.trim());
    return Object.fromEntries(this.asked.map(({ name }, i) => [name, values[i]]));
  }
}

function line(name, text, answer) {
  const input = element("input", {
    ...{ type: "text", name, autocomplete: "off", maxlength: "200" },
    ...{ required: true, pattern: ".*\\S.*" },
  });
  input.value = answer ?? "";
  return element("label", {}, text, input);
}

function choice(name, text, choices, answer) {
  const options = choices.map((value) => {
    const input = element("input", { type: "radio", name, value, required: true });
    input.checked = value === answer;
    return element("label", {}, input, value);
  });
  return element("fieldset", { class: "question" }, element("legend", {}, text), ...options);
}

/** A page of questions after the ratings. */
export class QuestionsPage {
  constructor({ test, session }, { next }) {
    const asked = test.questions.filter(({ when }) => when === "after");
    const form = new Questions(asked, session.state.answers);
    const submit = (event) => {
      event.preventDefault();
      Object.assign(session.state.answers, form.read());
      next();
    };
    this.element = element(
      "article",
      { class: "page text" },
      element("h1", { tabindex: "-1" }, words.questions),
      element(
        "form",
        { class: "card", onsubmit: submit },
        ...form.elements,
        element("button", { type: "submit", class: "main" }, words.next),
      ),
    );
  }

  leave() {}
}
