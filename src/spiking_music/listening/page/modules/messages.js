// What the server is told, a message for each step; docs/listening.md describes them.

import { given, isPaired } from "mushra/methods";

/** Who takes part, when they begin. */
export function begun(test, session) {
  return { ...head(test, session, "begin"), ...known(test, session, "before") };
}

/** Who may not take part. */
export function screenedOut(test, session) {
  return { ...head(test, session, "screened-out"), ...known(test, session, "before") };
}

/** The answer to one page. */
export function answered(test, session, stage, position) {
  if (stage.kind === "attention") {
    const { number, asked } = stage;
    return { ...head(test, session, "attention"), number, asked, given: given(test, stage, session.page(stage)) };
  }
  return isPaired(test) ? chosen(test, session, stage, position) : rated(test, session, stage, position);
}

/** The ratings of one page, its sounds in the order of presentation. */
function rated(test, session, stage, position) {
  const { ratings } = session.page(stage);
  const { trial, clip, order } = stage;
  return {
    ...head(test, session, "page"),
    ...{ method: test.method, clip: clip.clip, trial },
    position,
    ratings: order.map((sound) => [sound, ratings[sound]]),
    ...rest(session.page(stage)),
  };
}

/** The sounds A and B of a page, X if there is one, and the answer: "a", "b" or "none". */
function chosen(test, session, stage, position) {
  const { clip, trial, order, x } = stage;
  return {
    ...head(test, session, "choice"),
    ...{ method: test.method, clip: clip.clip, trial },
    position,
    sounds: order,
    x: x === undefined ? null : "ab"[x],
    answer: session.page(stage).choice,
    ...rest(session.page(stage)),
  };
}

function rest({ milliseconds, comment }) {
  return {
    milliseconds: Math.round(milliseconds),
    comment: comment.toWellFormed?.() ?? comment, // half an emoji is no text
  };
}

/** All has been rated. */
export function ended(test, session) {
  return { ...head(test, session, "end"), answers: answers(test, session, "after") };
}

function head(test, session, kind) {
  const { uuid, seed } = session.state;
  return { version: 1, test: test.test, session: uuid, seed, kind };
}

function known(test, session, when) {
  return { fields: session.state.fields, answers: answers(test, session, when) };
}

function answers(test, session, when) {
  const asked = test.questions.filter((question) => question.when === when);
  return Object.fromEntries(asked.map(({ name }) => [name, session.state.answers[name] ?? ""]));
}
