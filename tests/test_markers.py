"""The list of slow tests, which `make check` leaves out."""

from tests.conftest import ROOT


def test_every_slow_test_exists() -> None:
    names = (ROOT / "tests" / "slow.txt").read_text().split()
    assert names == sorted(set(names))
    for name in names:
        path, _, function = name.partition("::")
        assert f"def {function}(" in (ROOT / path).read_text(), name
