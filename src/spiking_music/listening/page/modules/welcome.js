// The first page: what is asked of the participant, what they agree to, and who they are.

import { element } from "mushra/dom";
import { Questions } from "mushra/questions";
import { words } from "mushra/words";

export class WelcomePage {
  /** next: told when all is answered; `state` of the session has the answers by then. */
  constructor({ test, session }, { next }) {
    const { state } = session;
    const fields = test.fields
      .filter((name) => !session.given(name))
      .map((name) => ({ name, text: label(name), choices: [] }));
    const asked = new Questions(fields, state.fields);
    const questions = new Questions(
      test.questions.filter(({ when }) => when === "before"),
      state.answers,
    );
    const begin = (event) => {
      event.preventDefault();
      Object.assign(state.fields, asked.read());
      Object.assign(state.answers, questions.read());
      next();
    };
    this.element = element(
      "article",
      { class: "page text" },
      element("h1", { tabindex: "-1" }, test.title),
      ...introduction(test),
      element(
        "form",
        { class: "card", onsubmit: begin },
        ...asked.elements,
        ...questions.elements,
        ...consent(test),
        element("button", { type: "submit", class: "main" }, words.begin),
      ),
      ...(test.contact ? [element("p", { class: "contact" }, words.contact(test.contact))] : []),
    );
  }

  leave() {}
}

function introduction(test) {
  const clips = test.clipsEach ?? test.clips.length;
  const advice = [...words.advice, ...(test.method === "mushra" ? words.sliderAdvice : [])];
  return [
    element("p", { class: "lead" }, task(test, clips)),
    element("ul", { class: "advice" }, ...advice.map((each) => element("li", {}, each))),
  ];
}

function task(test, clips) {
  if (test.method === "mushra") {
    const sounds = Math.max(...test.trials.map((trial) => trial.sounds.length));
    return words.introduction(clips, sounds);
  }
  const pages = Math.round((test.trials.length * clips) / test.clips.length);
  return words.methods[test.method].introduction(pages);
}

/** The text, a paragraph each, and a box to tick. */
function consent(test) {
  if (!test.consent) {
    return [];
  }
  const paragraphs = test.consent.trim().split(/\n\s*\n/);
  const box = element("input", { type: "checkbox", name: "consent", required: true });
  return [
    element("div", { class: "consent" }, ...paragraphs.map((each) => element("p", {}, each))),
    element("label", { class: "tick" }, box, words.consent),
  ];
}

/** A column's name as a label. */
function label(name) {
  return name[0].toUpperCase() + name.slice(1).replaceAll("_", " ");
}
