// Ratings as CSV (RFC 4180) in webMUSHRA's order of columns, the seed after them.

const RATED = ["trial_id", "rating_stimulus", "rating_score", "rating_time", "rating_comment"];

/** A row for each rated sound of each trial, in the order of presentation. */
export function csv(test, session, stages) {
  const systems = JSON.parse(atob(test.systems));
  const { uuid, seed, fields, answers } = session.state;
  const questions = ["before", "after"].flatMap((when) => test.questions.filter((each) => each.when === when));
  const names = [...test.fields, ...questions.map(({ name }) => name)];
  const known = { ...fields, ...answers };
  const rows = [["session_test_id", ...names, "session_uuid", ...RATED, "seed"]];
  for (const stage of stages.filter(({ kind }) => kind === "trial")) {
    const { ratings, milliseconds, comment } = session.page(stage);
    for (const sound of stage.order) {
      const rated = [systems[sound], ratings[sound], Math.round(milliseconds), comment];
      const asked = names.map((name) => known[name] ?? "");
      rows.push([test.test, ...asked, uuid, stage.clip.clip, ...rated, seed]);
    }
  }
  return rows.map((row) => `${row.map(quoted).join(",")}\r\n`).join("");
}

function quoted(value) {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function fileName(test, session) {
  return `mushra-${test.test}-${session.state.uuid}.csv`;
}
