// What the server is told, a message for each step; docs/listening.md describes them.

/** Who takes part, when they begin. */
export function begun(test, session) {
  return { ...head(test, session, "begin"), ...known(test, session, "before") };
}

/** Who may not take part. */
export function screenedOut(test, session) {
  return { ...head(test, session, "screened-out"), ...known(test, session, "before") };
}

/** The ratings of one page, its sounds in the order of presentation. */
export function rated(test, session, stage, position) {
  const { ratings, milliseconds, comment } = session.page(stage);
  return {
    ...head(test, session, "page"),
    clip: stage.clip.clip,
    position,
    ratings: stage.order.map((sound) => [sound, ratings[sound]]),
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
