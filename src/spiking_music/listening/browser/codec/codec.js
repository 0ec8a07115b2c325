// All of the codec of a model, for whoever runs it: a worker of the page, or a test.

import { Decoder } from "codec/decoder";
import { Encoder } from "codec/encoder";
import { readModel } from "codec/model";

export class Codec {
  /** model: a file as `listening/browser_model.py` packs it. kernels: kernels.wasm. Both: ArrayBuffers. */
  constructor(model, kernels) {
    const read = readModel(model);
    const module = new WebAssembly.Module(kernels);
    this.decoder = new Decoder(read, module);
    this.encoder = new Encoder(read, this.decoder.payloads);
  }
}
