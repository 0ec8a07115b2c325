// How a crowd's platform learns that somebody is done: a code to enter there, or an address to go to.

import { element } from "mushra/dom";
import { words } from "mushra/words";

/** Elements of { code, url }, none where both are null. */
export function completion(ending, session) {
  const code = ending.code && element("p", {}, `${words.code} `, element("strong", { class: "code" }, ending.code));
  const link = ending.url && element("a", { class: "main", href: address(ending.url, session) }, words.goOn);
  return [code, link].filter(Boolean);
}

/** An address, {name} in it standing for what was entered in that field, and {session}. */
export function address(url, { state }) {
  const values = { ...state.fields, session: state.uuid };
  return url.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(values[name] ?? ""));
}

/** The page of those who may not take part. */
export class ScreenedOutPage {
  constructor({ test, session }) {
    this.element = element(
      "article",
      { class: "page text" },
      element("h1", { tabindex: "-1" }, words.thanks),
      element("p", { class: "lead" }, words.screenedOut),
      element("div", { class: "card" }, ...completion(test.screenedOut, session)),
    );
  }

  leave() {}
}
