// Elements in one line each, and words for screen readers.

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

export function announce(words) {
  document.getElementById("live").textContent = words;
}

/** Whether keys typed here are text. */
export function isText(target) {
  return target.matches("textarea, input:not([type=range])");
}
