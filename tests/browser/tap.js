// Records every sample that a page sends to its loudspeakers, from the first rendered frame on.
(() => {
  const tapped = (window.tapped = { frames: [], blocks: [] });
  const processor = `registerProcessor("tap", class extends AudioWorkletProcessor {
    process([[samples]]) {
      this.port.postMessage([currentFrame, samples ? samples.slice() : new Float32Array(128)]);
      return true;
    }
  });`;
  const { connect } = AudioNode.prototype;
  AudioNode.prototype.connect = function (target, ...rest) {
    if (target === this.context.destination) {
      const { context } = this;
      tapped.rate = context.sampleRate;
      const address = URL.createObjectURL(new Blob([processor], { type: "text/javascript" }));
      window.tapReady = context.audioWorklet.addModule(address).then(() => {
        const tap = new AudioWorkletNode(context, "tap");
        tap.port.onmessage = ({ data: [frame, samples] }) => {
          tapped.frames.push(frame);
          tapped.blocks.push(samples);
        };
        connect.call(this, tap);
        connect.call(tap, target); // which pulls it; what it gives is silence
      });
    }
    return connect.call(this, target, ...rest);
  };
})();
