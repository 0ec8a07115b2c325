"""Results travel through an S3-like store: a real server on the loopback, as docs say."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from tests.workflow.conftest import ROOT, environment

KEYS = {"AWS_ACCESS_KEY_ID": "someone", "AWS_SECRET_ACCESS_KEY": "secret"}
CONTENT = bytes(range(256)) * 4096


@pytest.fixture
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def run(folder: Path, *words: str) -> None:
    """A command that must succeed, with no credentials but those that DVC was told."""
    env = {key: value for key, value in environment().items() if not key.startswith("AWS_")}
    done = subprocess.run(
        words, cwd=folder, env=env | {"AWS_EC2_METADATA_DISABLED": "true"},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def remote(folder: Path, endpoint: str) -> None:
    """Set up by the lines of docs/reproducibility.md, for this server and its keys."""
    docs = (ROOT / "docs" / "reproducibility.md").read_text(encoding="utf-8")
    lines = re.findall(r"^dvc remote (?:add|modify) .*store .*$", docs, re.M)
    assert len(lines) == 4
    for line in lines:
        words = line.split("#")[0].split()
        if words[-2] == "endpointurl":
            words[-1] = endpoint
        elif words[-2] in ("access_key_id", "secret_access_key"):
            words[-1] = KEYS[f"AWS_{words[-2].upper()}"]
        run(folder, *words)


def test_push_and_pull(endpoint: str, tmp_path: Path) -> None:
    boto3.client(
        "s3", endpoint_url=endpoint, region_name="us-east-1",
        aws_access_key_id="someone", aws_secret_access_key="secret",
    ).create_bucket(Bucket="bucket")  # fmt: skip
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    (here / "results").mkdir()
    (here / "results" / "weights.bin").write_bytes(CONTENT)
    run(here, "git", "init", "--quiet")
    run(here, "dvc", "init", "--quiet")
    run(here, "dvc", "add", "--quiet", "results")
    remote(here, endpoint)
    assert "secret" not in (here / ".dvc" / "config").read_text()  # which is committed
    run(here, "git", "add", ".")
    run(here, "git", "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "results")
    run(here, "dvc", "push")
    run(tmp_path, "git", "clone", "--quiet", str(here), str(there))
    assert not (there / "results").exists()
    shutil.copy(here / ".dvc" / "config.local", there / ".dvc" / "config.local")
    run(there, "dvc", "pull")
    assert (there / "results" / "weights.bin").read_bytes() == CONTENT
