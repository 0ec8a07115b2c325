// Elements in one line each, words for screen readers, and numbers.

/** An element with attributes; those that start with "on" are listeners. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) {
      made.addEventListener(key.slice(2), value);
    } else if (typeof value === "boolean") {
      made.toggleAttribute(key, value);
    } else {
      made.setAttribute(key, value);
    }
  }
  made.append(...children);
  return made;
}

export function announce(text) {
  document.getElementById("live").textContent = text;
}

/** A number with one decimal, as the language of the page writes it. */
export function decimal(number) {
  const digits = { minimumFractionDigits: 1, maximumFractionDigits: 1 };
  return new Intl.NumberFormat(document.documentElement.lang, digits).format(number);
}

/** Whether keys typed here are text. */
export function isText(target) {
  return target.matches("textarea, input:not([type=range], [type=radio], [type=checkbox])");
}
