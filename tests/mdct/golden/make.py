"""Write the golden streams of the package's model: run it from the root when a *new* model ships.

python -m tests.mdct.golden.make
python -m tests.mdct.golden.make decided  # those of its default encoder alone
"""

import hashlib
import io
import json
import platform
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spiking_music.codec.model_folder import load_model
from spiking_music.codec.session import Codec
from spiking_music.codec.stream import StreamReader

FOLDER = Path(__file__).parent
RATE = 22050
SEEDS, LEVELS = (1, 2, 3), (0, 10, 20)
DECIDED = "decided-"  # of the names of streams by the encoder that weighs bits against error
STRIDE = 16  # of the samples that are kept


def tones(seed: int) -> NDArray[np.float32]:
    """A second and a bit of four notes of six decaying partials each, (n,) within ±1."""
    draw = np.random.default_rng(seed)
    time = np.arange(RATE + 1000 * seed) / RATE
    audio = np.zeros(len(time))
    for onset in (0.0, 0.25, 0.4, 0.7):
        since, pitch = np.maximum(time - onset, 0), 110 * 2 ** (draw.integers(36) / 12)
        for partial in range(1, 7):
            phase, decay = draw.uniform(0, 2 * np.pi), draw.uniform(2, 6) * partial**0.5
            wave = np.sin(2 * np.pi * partial * pitch * since + phase) * np.exp(-decay * since)
            audio += (time >= onset) * 0.15 / partial * wave
    return np.clip(audio, -1, 1).astype(np.float32)


def int16(audio: NDArray[np.float32]) -> NDArray[np.int16]:
    """Samples as a WAV file has them."""
    return np.clip(np.rint(audio * 32767), -32768, 32767).astype("<i2")


def events(codec: Codec, stream: bytes) -> str:
    """SHA-256 of the shapes and values of all events in `stream`: whole numbers throughout."""
    digest = hashlib.sha256()
    for block in StreamReader(io.BytesIO(stream), codec.model.coder).blocks():
        digest.update(repr(block.codes.shape).encode() + block.codes.astype(np.uint8).tobytes())
    return digest.hexdigest()


def machine() -> dict[str, str]:
    """What float results are allowed to depend on."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if platform.system() == "Linux" else []
    model = next((line.partition(": ")[2] for line in lines if line.startswith("model name")), "")
    try:
        import torch
    except ModuleNotFoundError:  # the codec alone is installed
        return {"cpu": model, "instructions": "", "torch": "", "numpy": np.__version__}
    instructions = torch.backends.cpu.get_cpu_capability()  # AVX2 rounds otherwise than AVX512
    return {
        "cpu": model,
        "instructions": instructions,
        "torch": torch.__version__,
        "numpy": np.__version__,
    }


def main() -> None:
    """Streams, hashes and samples."""
    import torch

    torch.set_num_threads(1)
    codec, about, kept = Codec(load_model(torch=True)), {}, {}
    for seed in SEEDS:
        for level in LEVELS:
            name = f"{seed}-{level:02d}"
            stream = codec.encode(tones(seed), RATE, level=level, robust=True)
            (FOLDER / f"{name}.spk").write_bytes(stream)
            samples = int16(codec.decode(stream))
            kept[name] = samples[::STRIDE]
            about[name] = {
                "samples": len(samples),
                "sha256_events": events(codec, stream),
                "sha256_int16": hashlib.sha256(samples.tobytes()).hexdigest(),
            }
    np.savez_compressed(FOLDER / "samples.npz", **kept)
    text = json.dumps({"machine": machine(), "streams": about}, indent=1)
    (FOLDER / "golden.json").write_text(text + "\n")


def decided() -> None:
    """The streams of the default encoder."""
    codec = Codec(load_model())
    for seed in SEEDS:
        for level in LEVELS:
            stream = codec.encode(tones(seed), RATE, level=level, robust=True)
            (FOLDER / f"{DECIDED}{seed}-{level:02d}.spk").write_bytes(stream)


if __name__ == "__main__":
    if sys.argv[1:] != ["decided"]:
        main()
    decided()
