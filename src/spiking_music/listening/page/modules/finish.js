// The last page: the ratings as a file, and on their way to the server if there is one.

import { address, completion } from "mushra/completion";
import { announce, element } from "mushra/dom";
import { csv, fileName } from "mushra/results";
import { words } from "mushra/words";

export class FinishPage {
  constructor({ test, session, stages, outbox, restart }) {
    Object.assign(this, { test, session, outbox });
    this.status = element("p", { class: "status" });
    this.retry = element("button", { type: "button", hidden: true, onclick: () => outbox.send() }, words.sendAgain);
    this.again = element("button", { type: "button", class: "quiet", onclick: restart }, words.nextParticipant);
    this.done = element("div", { class: "done", hidden: true }, ...completion(test.completion, session));
    const file = new Blob([csv(test, session, stages)], { type: "text/csv" });
    this.url = URL.createObjectURL(file);
    const download = element(
      "a",
      {
        ...{ class: "main", href: this.url, download: fileName(test, session) },
        onclick: () => this.#saved(),
      },
      words.download,
    );
    this.element = element(
      "article",
      { class: "page text" },
      element("h1", { tabindex: "-1" }, words.thanks),
      element("p", { class: "lead" }, words.rated),
      element("div", { class: "card" }, this.status, this.done, download, this.retry),
      element("footer", {}, element("span", {}), this.again),
    );
    this.#show();
    if (test.postUrl) {
      outbox.changed = () => this.#send();
      this.#send();
    } else {
      this.status.textContent = words.handOver(test.contact);
    }
  }

  leave() {
    URL.revokeObjectURL(this.url);
    this.outbox.changed = () => {};
  }

  /** Say how far the sending has come; with the last message, the session is saved. */
  #send() {
    const waits = this.outbox.waits(this.session.state.uuid);
    const { failure } = this.outbox;
    this.retry.hidden = !(waits && failure);
    if (!waits) {
      this.#say(words.sent);
      this.#leaveFor(this.#saved());
    } else {
      this.#say(failure ? words.notSent(failure.message) : words.sending);
    }
  }

  /** Go to the platform's page, once: who comes back stays. */
  #leaveFor(first) {
    const { url } = this.test.completion;
    if (first && url) {
      location.assign(address(url, this.session));
    }
  }

  #say(text) {
    this.status.textContent = text;
    announce(text);
  }

  /** Returns whether that is new. */
  #saved() {
    const first = !this.session.state.saved;
    this.session.state.saved = true;
    this.session.save();
    this.#show();
    return first;
  }

  #show() {
    const { saved } = this.session.state;
    this.again.disabled = !saved;
    this.done.hidden = !saved || !this.done.children.length;
  }
}
