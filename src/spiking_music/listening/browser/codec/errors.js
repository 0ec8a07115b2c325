// What is wrong with a file that was given: the message is for its owner.

export class StreamError extends Error {}

export const OTHER_MODEL =
  "The stream was made by another model than the one in this page: decode it with spiking-music.";
