// Ratings as CSV (RFC 4180) in webMUSHRA's order of columns, the seed after them.

const RATED = ["trial_id", "rating_stimulus", "rating_score", "rating_time", "rating_comment"];

/** A row for each rated sound of each trial, in the order of presentation. */
export function csv(test, session, stages) {
  const systems = JSON.parse(atob(test.systems));
  const { uuid, seed, fields } = session.state;
  const rows = [["session_test_id", ...test.fields, "session_uuid", ...RATED, "seed"]];
  for (const stage of stages.filter(({ kind }) => kind === "trial")) {
    const { ratings, milliseconds, comment } = session.page(stage);
    for (const sound of stage.order) {
      const rated = [systems[sound], ratings[sound], Math.round(milliseconds), comment];
      const asked = test.fields.map((field) => fields[field] ?? "");
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

/** Send the results. Plain text needs no preflight, so the simplest server will do. */
export async function post(url, text) {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "text/plain;charset=utf-8" },
    body: text,
  });
  if (!answer.ok) {
    throw new Error(`the server answered ${answer.status}`);
  }
}
