// What is known of a stream, in numbers, and files to take away.

import { element } from "mushra/dom";
import { bytes, clock, levelsOf, stem } from "page/words";

export class Facts {
  constructor() {
    this.heading = element("h2");
    this.list = element("dl");
    this.files = element("p", { class: "files" });
    this.element = element("section", { class: "facts card", "aria-label": "The stream" }, this.heading, this.list, this.files);
    this.urls = [];
  }

  show(recording) {
    const { seconds, kbps, header, levels, decoded } = recording;
    this.heading.textContent = recording.name;
    const rows = [
      ["Duration", clock(seconds)],
      ["Bit rate", `${kbps.toFixed(2)} kbps`],
      ["Size", bytes(recording.bytes)],
      ["Level μ", levelsOf(levels)],
      ["Events", decoded ? `${Math.round(recording.events / (decoded / header.rate))} a second` : "…"],
      ["Recorded at", `${header.originalRate / 1000} kHz`],
    ];
    this.list.replaceChildren(
      ...rows.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value))),
    );
  }

  /** Links to files, [name, bytes, words] each; those before are gone. */
  offer(files) {
    this.urls.forEach((url) => URL.revokeObjectURL(url));
    this.urls = files.map(([, content]) => URL.createObjectURL(new Blob([content], { type: "application/octet-stream" })));
    this.files.replaceChildren(
      ...files.map(([name, , words], i) => element("a", { class: "button", href: this.urls[i], download: name }, words)),
    );
  }
}

export function spkName(name) {
  return `${stem(name)}.spk`;
}
