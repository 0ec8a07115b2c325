// The paper's four formats of an event matrix z (N, T), as docs/stream-format.md has them.

import { BitReader, BitWriter, widthOf } from "codec/bits";
import { StreamError } from "codec/errors";

export const PLAIN = ["dense", "coo", "time", "units"]; // by their number in a stream

/** Bits of S events in an N × T matrix. */
export function plainBits(format, units, steps, events) {
  const [unit, time, pointer] = [units, steps, events + 1].map(widthOf);
  return {
    dense: units * steps,
    coo: events * (unit + time),
    time: events * time + (units - 1) * pointer,
    units: events * unit + (steps - 1) * pointer,
  }[format];
}

/** z (N·T), unit by unit; `StreamError` unless the payload is what `packPlain` writes. */
export function unpackPlain(payload, format, units, steps, events) {
  const reader = new BitReader(payload, plainBits(format, units, steps, events));
  const z = new Uint8Array(units * steps);
  if (format === "dense") {
    const found = z.reduce((sum, _, i) => sum + (z[i] = reader.take(1)), 0);
    require(found === events, `there are ${found} events and not ${events}`);
  } else if (format === "coo") {
    let before = -1;
    for (let i = 0; i < events; i++) {
      const [unit, time] = [reader.take(widthOf(units)), reader.take(widthOf(steps))];
      require(unit < units && time < steps, "an event lies outside its block");
      require(unit * steps + time > before, "events of a block are not in order");
      before = unit * steps + time;
      z[before] = 1;
    }
  } else {
    const [rows, columns] = format === "time" ? [units, steps] : [steps, units];
    const place = format === "time" ? (row, column) => row * steps + column : (row, column) => column * steps + row;
    unpackRows(reader, rows, columns, events, (row, column) => (z[place(row, column)] = 1));
  }
  return z;
}

function unpackRows(reader, rows, columns, events, mark) {
  const starts = [0];
  for (let row = 1; row < rows; row++) {
    starts.push(reader.take(widthOf(events + 1)));
    require(starts[row] >= starts[row - 1] && starts[row] <= events, "the pointers of a block are not in order");
  }
  starts.push(events);
  for (let row = 0; row < rows; row++) {
    for (let i = starts[row], before = -1; i < starts[row + 1]; i++) {
      const column = reader.take(widthOf(columns));
      require(column > before && column < columns, "events of a block are not in order");
      mark(row, column);
      before = column;
    }
  }
}

/** The smallest of the four for `list`, { units, steps } of each event by time: its name and bytes. */
export function packPlain(list, units, steps) {
  const events = list.units.length;
  const sizes = PLAIN.map((format) => (plainBits(format, units, steps, events) + 7) >> 3);
  const format = PLAIN[sizes.indexOf(Math.min(...sizes))];
  return { format, bytes: Math.min(...sizes), payload: () => packed(list, format, units, steps) };
}

function packed(list, format, units, steps) {
  const order = Array.from(list.units.keys()); // by time, then by unit
  if (format !== "units") {
    order.sort((a, b) => list.units[a] - list.units[b] || list.steps[a] - list.steps[b]);
  }
  const writer = new BitWriter(plainBits(format, units, steps, order.length));
  if (format === "dense") {
    for (const i of order) {
      writer.place = list.units[i] * steps + list.steps[i];
      writer.put(1, 1);
    }
    return writer.payload;
  }
  const byUnit = format !== "units";
  const [row, column] = byUnit ? [list.units, list.steps] : [list.steps, list.units];
  const [rows, columns] = byUnit ? [units, steps] : [steps, units];
  if (format !== "coo") {
    for (let next = 1, i = 0; next < rows; next++) {
      while (i < order.length && row[order[i]] < next) {
        i++;
      }
      writer.put(i, widthOf(order.length + 1));
    }
  }
  for (const i of order) {
    if (format === "coo") {
      writer.put(row[i], widthOf(rows));
    }
    writer.put(column[i], widthOf(columns));
  }
  return writer.payload;
}

function require(holds, words) {
  if (!holds) {
    throw new StreamError(words);
  }
}
