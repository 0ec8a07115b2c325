"""A call of every verb. Words in braces are its targets, which a test aims at what it likes.

Sources lie in `source/`, from where the call is made in `work/`; they are no more than names, but
for those of the verbs that can then succeed.
"""

import json
import re
from pathlib import Path

from tests.conftest import DEFAULTS, ROOT

S = "../source"
CONFIG = ["--config", *DEFAULTS, "--config", str(ROOT / "config" / "tiny.yaml")]
NOWHERE = json.dumps(
    {"download": {"archive": "http://localhost:9/x.zip", "attempts": 1, "folder": "cache"}}
)
FEW = json.dumps({"listening": {"power": {"listeners": [2], "differences": [5], "tests": 1}}})
CLIPS = f"{S}/test-0.h5"
MODEL = ["--weights", f"{S}/w.safetensors"]
CODES = ["--codes", f"{S}/codes.h5"]
TABLE = f"{S}/table.csv"
PLACE = ["--performances", TABLE, "--root", S]
VARIANT = ["--variant", "free"]
RATED = ["--evaluation", TABLE, "--storage", TABLE, "--operations", TABLE]
DRAWN = ["--evaluation", TABLE, "--coded", TABLE]

CALLS: dict[str, list[list[str]]] = {
    "encode": [
        ["encode", f"{S}/a.wav", "{file.spk}"],
        ["encode", f"{S}/a.wav", "--out", "{tree}"],
        ["encode", S, "{tree}"],
    ],
    "decode": [
        ["decode", f"{S}/a.spk", "{file.wav}"],
        ["decode", f"{S}/a.spk", "--out", "{tree}"],
    ],
    "events": [
        ["events", f"{S}/a.wav", "{beside.csv}"],
        ["events", f"{S}/a.spk", "{file.h5}", "--picture", "{file.png}"],
        ["events", f"{S}/a.spk", "{file.npz}", "--selectivity", TABLE],
        ["events", f"{S}/a.wav", "--out", "{tree}"],
    ],
    "info": [["info", f"{S}/a.spk"]],
    "data index": [["data", "index", *CONFIG, "--out", "{file.csv}"]],
    "data archive": [["data", "archive", *CONFIG, "--config", NOWHERE, "--out", "{file.json}"]],
    "data fetch": [["data", "fetch", *CONFIG]],
    "data recordings": [
        [
            *(
                "data",
                "recordings",
                *CONFIG,
                "--performances",
                TABLE,
                "--root",
                "made",
                "--shard",
                "0",
            ),
            *("--manifest", "{file.csv}"),
        ]
    ],
    "data clips": [
        [
            *(
                "data",
                "clips",
                *CONFIG,
                *PLACE,
                "--manifest",
                TABLE,
                "--split",
                "test",
                "--shard",
                "0",
            ),
            *("--audio", "{file.h5}", "--table", "{other.csv}"),
        ]
    ],
    "data onsets": [["data", "onsets", TABLE, *CONFIG, *PLACE, "--out", "{file.zarr.zip}"]],
    "data table": [["data", "table", S]],  # which has one
    "data merge": [["data", "merge", S, "--out", "{folder}"]],
    "data piano": [["data", "piano", "--out", "{folder}"]],
    "train variant": [
        [
            *("train", "variant", "free", CLIPS, *CONFIG, "--weights", "{file.safetensors}"),
            *("--log", "{log.csv}", "--checkpoints", "{folder}"),
        ]
    ],
    "train to-fp16": [["train", "to-fp16", f"{S}/w.safetensors", "--out", "{file.safetensors}"]],
    "train import-model": [
        ["train", "import-model", f"{S}/w.safetensors", "--out", "{file.safetensors}"]
    ],
    "evaluate codes": [["evaluate", "codes", CLIPS, *CONFIG, *MODEL, "--out", "{file.h5}"]],
    "evaluate variant": [
        ["evaluate", "variant", CLIPS, *CONFIG, *MODEL, *CODES, "--out", "{file.csv}"]
    ],
    "evaluate anchor": [["evaluate", "anchor", "anchor", CLIPS, *CONFIG, "--out", "{file.csv}"]],
    "evaluate classical": [
        ["evaluate", "classical", "mp3", CLIPS, *CONFIG, "--kbps", "32", "--out", "{tree}"]
    ],
    "evaluate midi": [["evaluate", "midi", "100", CLIPS, *CONFIG, *PLACE, "--out", "{file.csv}"]],
    "evaluate external": [
        ["evaluate", "external", "high-byte-8", CLIPS, *CONFIG, "--out", "{file.csv}"]
    ],
    "evaluate storage-cost": [["evaluate", "storage-cost", *CODES, "--out", "{file.csv}"]],
    "train entropy": [["train", "entropy", *CONFIG, *CODES, "--out", "{file.safetensors}"]],
    "evaluate entropy-cost": [
        ["evaluate", "entropy-cost", *CODES, "--tables", TABLE, "--out", "{file.csv}"]
    ],
    "codec formats": [["codec", "formats", "--units", "8", "--steps", "8", "--events", "3"]],
    "evaluate sweep": [
        [
            *("evaluate", "sweep", CLIPS, *CONFIG, *MODEL, "--tables", TABLE),
            *("--out", "{beside.csv}"),
        ]
    ],
    "evaluate architecture": [
        ["evaluate", "architecture", "free", *CONFIG, "--out", "{beside.csv}"]
    ],
    "evaluate excerpts": [
        ["evaluate", "excerpts", CLIPS, *CONFIG, *VARIANT, *MODEL, *CODES, "--out", "{file.npz}"]
    ],
    "evaluate selectivity": [
        [
            "evaluate",
            "selectivity",
            *CONFIG,
            *CODES,
            "--onsets",
            f"{S}/o.zarr.zip",
            "--out",
            "{beside.npz}",
        ]
    ],
    "evaluate tuning": [
        ["evaluate", "tuning", *CODES, "--onsets", f"{S}/o.zarr.zip", "--out", "{file.csv}"]
    ],
    "evaluate compare-selectivity": [
        ["evaluate", "compare-selectivity", TABLE, "--out", "{file.csv}"]
    ],
    "evaluate summary": [["evaluate", "summary", *CONFIG, *MODEL, *RATED, "--out", "{beside.csv}"]],
    "evaluate claims": [
        ["evaluate", "claims", *CONFIG, "--evaluation", TABLE, "--out", "{beside.csv}"]
    ],
    "evaluate probe": [
        [
            "evaluate",
            "probe",
            "mel",
            CLIPS,
            *CONFIG,
            "--performances",
            TABLE,
            "--out",
            "{beside.csv}",
        ]
    ],
    "evaluate compare-probes": [["evaluate", "compare-probes", TABLE, "--out", "{beside.csv}"]],
    "listen stimuli": [
        [
            "listen",
            "stimuli",
            CLIPS,
            *CONFIG,
            "--performances",
            TABLE,
            "--test",
            "t",
            "--out",
            "{folder}",
        ]
    ],
    "listen sample-page": [
        [
            *("listen", "sample-page", CLIPS, *CONFIG, "--chosen", TABLE, *PLACE, "--dataset", "d"),
            *("--out", "{file.html}"),
        ]
    ],
    "listen test-page": [
        ["listen", "test-page", f"{S}/manifest.json", *CONFIG, "--out", "{folder}"]
    ],
    "listen codec-page": [["listen", "codec-page", "--out", "{file.html}"]],
    "listen recording-page": [
        ["listen", "recording-page", f"{S}/a.wav", "--levels", "0,10", "--out", "{file.html}"],
        ["listen", f"{S}/a.wav", "--out", "{file.html}"],
    ],
    "listen choices": [["listen", "choices", TABLE, *CONFIG, "--out", "{folder}"]],
    "listen ratings": [["listen", "ratings", TABLE, *CONFIG, "--out", "{folder}"]],
    "listen objective-ratings": [
        [
            "listen",
            "objective-ratings",
            *CONFIG,
            "--system",
            "a",
            "--evaluation",
            TABLE,
            "--out",
            "{folder}",
        ]
    ],
    "listen simulate-listeners": [["listen", "simulate-listeners", *CONFIG, "--out", "{folder}"]],
    "listen power": [["listen", "power", *CONFIG, "--config", FEW, "--out", "{file.csv}"]],
    "listen collect": [
        [
            *("listen", "collect", "--stimuli", f"{S}/manifest.json", *CONFIG),
            *("--database", "ratings.sqlite"),
        ]
    ],
    "listen collected": [["listen", "collected", f"{S}/ratings.sqlite", "--out", "{file.csv}"]],
    "provenance": [["provenance", TABLE]],
    "compare": [["compare", S, S]],
    "plan": [["plan"]],  # where there is no workflow
    "status": [["status", S]],
    "efficiency": [["efficiency", S, "--out", "{file.csv}"]],
    "figure storage": [["figure", "storage", *CONFIG, "--out", "{stem}"]],
    "figure rate-quality": [
        ["figure", "rate-quality", "--summary", TABLE, *VARIANT, *DRAWN, "--out", "{stem}"]
    ],
    "figure operations": [["figure", "operations", "--summary", TABLE, "--out", "{stem}"]],
    "figure rate-sweep": [
        [
            *("figure", "rate-sweep", *CONFIG, "--sweep", TABLE),
            *(*VARIANT, *DRAWN, "--out", "{stem}"),
        ]
    ],
    "figure selectivity": [
        ["figure", "selectivity", *VARIANT, "--arrays", f"{S}/m.npz", "--out", "{stem}"]
    ],
    "figure listening": [["figure", "listening", *CONFIG, "--tables", S, "--out", "{stem}"]],
    "figure probe": [
        ["figure", "probe", "genre", "--table", TABLE, "--confusion", TABLE, "--out", "{stem}"]
    ],
    "figure training": [["figure", "training", *VARIANT, "--log", TABLE, "--out", "{stem}"]],
    "figure front-page": [
        [
            *("figure", "front-page", *CONFIG, "--summary", TABLE, "--claims", TABLE),
            *("--stimuli", TABLE, "--figure", TABLE, "--caption", TABLE, "--out", "{file.html}"),
        ]
    ],
    "figure models": [["figure", "models", *VARIANT, "--table", TABLE, "--out", "{stem}"]],
    "figure architecture": [["figure", "architecture", "--table", TABLE, "--out", "{stem}"]],
    "figure clips": [["figure", "clips", "--excerpts", f"{S}/m.npz", "--out", "{stem}"]],
}
# options that no model can fulfil: of `encode`, of `decode`
WRONG = [["--kbps", "nan"], ["--kbps", "0"], ["--kbps", "-1"], ["--kbps", "inf"], ["--kbps", "x"]]
WRONG += [["--min-si-snr", "nan"], ["--level", "-1"], ["--kbps", "2", "--level", "3"]]
WRONG += [["--format", "zip"], ["--model", "gone"]]
WRONG_SECTIONS = [["--start", "nan"], ["--start", "-1"], ["--duration", "0"], ["--duration", "nan"]]
# of `events`
WRONG_EVENTS = [["--picture", "fresh/x.bmp"], ["--picture", "fresh/x.PNG"]]
WRONG_EVENTS += [["--midi", "../source/a.mid"]]
WRONG_EVENTS += [["--midi", "gone.mid", "--picture", "fresh/x.png"], ["--selectivity", "gone.csv"]]


def sources(words: list[str]) -> list[Path]:
    """The files in `source/` that a call reads."""
    return [Path(word) for word in words if word.startswith(f"{S}/")]


def targets(words: list[str]) -> list[str]:
    """What stands in braces, such as file.csv."""
    return [word[1:-1] for word in words if re.fullmatch(r"\{[a-z][\w.]*\}", word)]


def aimed(words: list[str], target: str, at: str) -> list[str]:
    """The call with `target` at a path, and all others at names that are free."""
    paths = {each: at if each == target else f"fresh/{each}" for each in targets(words)}
    return [paths.get(word[1:-1], word) if word.startswith("{") else word for word in words]
