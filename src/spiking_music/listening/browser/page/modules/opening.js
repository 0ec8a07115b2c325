// Where files come in: dropped anywhere on the page, or chosen.

import { element } from "mushra/dom";

export class Opening {
  /** opened: called with a File. */
  constructor(opened) {
    this.input = element("input", { type: "file", accept: ".spk,.wav", class: "unseen", tabindex: "-1", "aria-hidden": "true" });
    this.input.addEventListener("change", () => {
      if (this.input.files.length) {
        opened(this.input.files[0]);
        this.input.value = ""; // so that the same file can be chosen again
      }
    });
    this.button = element("button", { class: "main", type: "button", onclick: () => this.input.click() }, "Choose a file");
    this.element = element(
      "section",
      { class: "opening card", "aria-label": "Open a file" },
      element("p", { class: "lead" }, "Drop a stream (.spk) or a recording (.wav) here"),
      element("p", { class: "hint" }, "A stream is shown and played. A recording is encoded first."),
      this.button,
      this.input,
    );
    const over = (is) => document.body.classList.toggle("over", is);
    document.addEventListener("dragover", (event) => {
      event.preventDefault();
      over(true);
    });
    document.addEventListener("dragleave", (event) => over(event.relatedTarget !== null));
    document.addEventListener("drop", (event) => {
      event.preventDefault();
      over(false);
      if (event.dataTransfer.files.length) {
        opened(event.dataTransfer.files[0]);
      }
    });
  }
}
