// The last page: the ratings as a file, and to the server if there is one.

import { announce, element } from "mushra/dom";
import { csv, fileName, post } from "mushra/results";

export class FinishPage {
  constructor({ test, session, stages, restart }) {
    Object.assign(this, { test, session });
    this.text = csv(test, session, stages);
    this.status = element("p", { class: "status" });
    this.retry = element("button", { type: "button", hidden: true, onclick: () => this.#send() }, "Send again");
    this.again = element("button", { type: "button", class: "quiet", onclick: restart }, "Next participant");
    const file = new Blob([this.text], { type: "text/csv" });
    this.address = URL.createObjectURL(file);
    const download = element(
      "a",
      {
        ...{ class: "main", href: this.address, download: fileName(test, session) },
        onclick: () => this.#saved(),
      },
      "Download the results",
    );
    this.element = element(
      "article",
      { class: "page text" },
      element("h1", { tabindex: "-1" }, "Thank you"),
      element("p", { class: "lead" }, "You have rated all sounds."),
      element("div", { class: "card" }, this.status, download, this.retry),
      element("footer", {}, element("span", {}), this.again),
    );
    this.again.disabled = !session.state.saved;
    if (test.postUrl) {
      this.#send();
    } else {
      const contact = test.contact ? ` (${test.contact})` : "";
      this.status.textContent = `Please download the results and hand them to the organisers${contact}.`;
    }
  }

  leave() {
    URL.revokeObjectURL(this.address);
  }

  async #send() {
    this.retry.hidden = true;
    this.#say("Sending the results …");
    try {
      await post(this.test.postUrl, this.text);
      this.#say("The results have been sent. You may close this page.");
      this.#saved();
    } catch (error) {
      this.#say(`The results could not be sent (${error.message}). Send them again, or download them.`);
      this.retry.hidden = false;
    }
  }

  #say(words) {
    this.status.textContent = words;
    announce(words);
  }

  #saved() {
    this.session.state.saved = true;
    this.session.save();
    this.again.disabled = false;
  }
}
