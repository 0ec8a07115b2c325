// All numbers of what is selected.

import { element } from "mushra/dom";
import { full } from "samples/lanes";
import { FORMATS, decibels, kbps, size } from "samples/words";

export function facts(system) {
  const { rates, siSnr } = system;
  const rows = [];
  if (siSnr !== null) {
    rows.push(["SI-SNR", decibels(siSnr)]);
  }
  if (rates?.bytes !== undefined) {
    rows.push(["Size", size(rates.bytes), rates.what]);
    rows.push(["Bit rate", kbps(rates.kbps), "all bytes of the file"]);
  } else if (rates?.headers !== undefined) {
    rows.push(["Bit rate", kbps(rates.kbps), "bytes of sound in the file"]);
    rows.push(["Headers", kbps(rates.headers), "all other bytes of the file"]);
  } else if (rates) {
    rows.push(["Bit rate", kbps(rates.kbps), "entropy coded, as on disk"]);
    rows.push(["In the paper’s formats", kbps(rates.kbpsPaper), `${FORMATS[rates.format]}, with overheads`]);
  }
  if (rates?.density != null) {
    rows.push(["Events", `${Math.round(rates.eventsPerSecond)} a second`]);
    rows.push(["Ones", `${(100 * rates.density).toFixed(1)} %`]);
  }
  return element(
    "section",
    { class: "facts", "aria-label": `Numbers of ${full(system)} on this clip` },
    element("h2", {}, full(system)),
    element("dl", {}, ...rows.map(fact)),
    ...(rates?.formats && Object.keys(rates.formats).length > 1 ? [formats(rates)] : []),
  );
}

function fact([name, value, note]) {
  const more = note ? [element("small", {}, note)] : [];
  return element("div", {}, element("dt", {}, name), element("dd", {}, value, ...more));
}

/** The paper's formats side by side, as bars. */
function formats(rates) {
  const most = Math.max(...Object.values(rates.formats));
  const rows = Object.entries(rates.formats).map(([name, value]) => {
    const bar = element("span", { class: "bar" });
    bar.style.width = `${(100 * value) / most}%`;
    const best = name === rates.format;
    return element(
      "tr",
      best ? { class: "best" } : {},
      element("th", { scope: "row" }, FORMATS[name]),
      element("td", {}, bar),
      element("td", {}, kbps(value)),
    );
  });
  return element("table", {}, element("caption", {}, "The paper’s formats"), element("tbody", {}, ...rows));
}
