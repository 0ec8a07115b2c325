// The memory of the compiled kernels, dealt out as typed arrays.

export class Memory {
  /** module: a WebAssembly.Module of kernels.wasm. bytes: how much there is. */
  constructor(module, bytes) {
    this.memory = new WebAssembly.Memory({ initial: bytes >> 16 });
    this.kernels = new WebAssembly.Instance(module, { env: { memory: this.memory } }).exports;
    this.free = 16; // bytes
  }

  floats(content) {
    return this.#dealt(Float32Array, content);
  }

  ints(content) {
    return this.#dealt(Int32Array, content);
  }

  shorts(content) {
    return this.#dealt(Int16Array, content);
  }

  /** content: numbers, or how many zeros. */
  #dealt(Type, content) {
    const count = content.length ?? content;
    const array = new Type(this.memory.buffer, this.free, count);
    this.free += (array.byteLength + 31) & ~15; // vectors are read up to their end
    if (content.length) {
      array.set(content);
    }
    return array;
  }
}
