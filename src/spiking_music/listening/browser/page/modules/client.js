// The codec's worker, made of what the page holds, and its answers.

/** The bytes that an element of the page holds as base64. */
export function bytesIn(id) {
  return Uint8Array.from(atob(document.getElementById(id).textContent), (letter) => letter.charCodeAt(0));
}

export class Client {
  /** model: its bytes. failed: called with a sentence, when a task fails or the worker breaks down. */
  constructor(model, failed) {
    const script = document.getElementById("worker").textContent;
    const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
    this.worker = new Worker(url);
    this.failed = failed;
    this.task = 0;
    this.handlers = {};
    this.worker.onmessage = ({ data }) => this.#answered(data);
    this.worker.onerror = ({ message }) => failed(message);
    const parts = { model: model.buffer, kernels: bytesIn("kernels").buffer };
    this.worker.postMessage(parts, Object.values(parts));
  }

  /** Begin a task, { kind: "decode" | "encode", … }, in place of the one before. handlers: of its answers. */
  begin(task, handlers) {
    this.task++;
    this.handlers = handlers;
    this.worker.postMessage({ ...task, task: this.task });
  }

  #answered({ task, kind, ...answer }) {
    if (kind === "failed" && task === this.task) {
      this.failed(answer.message);
    } else if (task === this.task) {
      this.handlers[kind]?.(answer);
    }
  }
}
