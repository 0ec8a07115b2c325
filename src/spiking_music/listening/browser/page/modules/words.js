// Numbers in words.

/** Seconds as m:ss.t. */
export function clock(seconds) {
  const tenths = Math.floor(10 * seconds + 1e-6);
  const minutes = Math.floor(tenths / 600);
  return `${minutes}:${String(((tenths - 600 * minutes) / 10).toFixed(1)).padStart(4, "0")}`;
}

export function bytes(count) {
  return count < 10000 ? `${count} bytes` : count < 1e6 ? `${(count / 1000).toFixed(1)} kB` : `${(count / 1e6).toFixed(1)} MB`;
}

/** The levels of a stream's blocks: one, or from – to. */
export function levelsOf(levels) {
  const known = levels.filter((level) => level !== 255);
  if (!known.length) {
    return "none";
  }
  const [low, high] = known.reduce(([a, b], level) => [Math.min(a, level), Math.max(b, level)], [31, 0]);
  return low === high ? String(low) : `${low} – ${high}`;
}

/** A file name without its ending. */
export function stem(name) {
  return name.replace(/\.[^.]*$/, "");
}
