// Answers as CSV (RFC 4180), ratings in webMUSHRA's order of columns; docs/listening.md has them.

import { given, isPaired } from "mushra/methods";

const RATED = ["trial_id", "rating_stimulus", "rating_score"];
const CHOSEN = ["trial_id", "choice_a", "choice_b", "choice_x", "choice_answer"];
const REST = ["rating_time", "rating_comment", "seed", "method", "attention_failed"];

/** A row for each rated sound, or each choice, of each trial, in the order of presentation. */
export function csv(test, session, stages) {
  const systems = JSON.parse(atob(test.systems));
  const { uuid, seed, fields, answers } = session.state;
  const questions = ["before", "after"].flatMap((when) => test.questions.filter((each) => each.when === when));
  const names = [...test.fields, ...questions.map(({ name }) => name)];
  const known = { ...fields, ...answers };
  const asked = names.map((name) => known[name] ?? "");
  const failed = stages.filter(
    (stage) => stage.kind === "attention" && given(test, stage, session.page(stage)) !== stage.asked,
  ).length;
  const columns = isPaired(test) ? CHOSEN : RATED;
  const rows = [["session_test_id", ...names, "session_uuid", ...columns, ...REST]];
  for (const stage of stages.filter(({ kind }) => kind === "trial")) {
    const { milliseconds, comment } = session.page(stage);
    for (const answer of answered(test, stage, session.page(stage), systems)) {
      const rest = [Math.round(milliseconds), comment, seed, test.method, failed];
      rows.push([test.test, ...asked, uuid, stage.clip.clip, ...answer, ...rest]);
    }
  }
  return rows.map((row) => `${row.map(quoted).join(",")}\r\n`).join("");
}

function answered(test, { order, x }, { ratings, choice }, systems) {
  if (!isPaired(test)) {
    return order.map((sound) => [systems[sound], ratings[sound]]);
  }
  const [a, b] = order.map((sound) => systems[sound]);
  return [[a, b, x === undefined ? "" : [a, b][x], { a, b }[choice] ?? choice]];
}

function quoted(value) {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function fileName(test, session) {
  return `${test.method}-${test.test}-${session.state.uuid}.csv`;
}
