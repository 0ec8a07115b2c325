// What the kinds of tests differ in: what is answered on a page, and whether the reference is open.

import { Category } from "mushra/category";
import { Pair } from "mushra/pair";
import { Sliders } from "mushra/sliders";
import { words } from "mushra/words";

const BOARDS = { mushra: Sliders, mos: Category, dcr: Category, ab: Pair, abx: Pair };
const OPEN = ["mushra", "dcr"]; // tests in which one may listen to the reference
const PAIRED = ["ab", "abx"];

export function board(test, options) {
  return new BOARDS[test.method]({ ...options, method: test.method });
}

export function isPaired({ method }) {
  return PAIRED.includes(method);
}

export function hasReference({ method }) {
  return OPEN.includes(method);
}

/** What was answered on an attention page, to be held beside what was `asked`. */
export function given(test, stage, page) {
  return BOARDS[test.method].given(stage, page);
}

/** The answer that an attention page asks for, in words. */
export function inWords(test, asked) {
  return BOARDS[test.method].asked(asked, test.method);
}

/** Pairs of a key and what it does. */
export function help({ method }) {
  return [...BOARDS[method].help(method), ["[ ]", words.keys.brackets], [words.escape, words.keys.escape]];
}
