// What is wrong with a file that was given: the message is for its owner.

export class StreamError extends Error {}
