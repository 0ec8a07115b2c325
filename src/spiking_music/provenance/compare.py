"""Two folders of results: which differ, by how much, and what made the first of them differ.

A result that differs while all that its step has read is the same is a *first* difference: its
cause lies in that step. All others follow from one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spiking_music.provenance.difference import difference, leaves
from spiking_music.provenance.record import Record, digest, own_configuration, records_of

NAMED = 4  # modules or files, before the others are counted
UNKNOWN = "nothing that is recorded: the step does not give the same bytes twice"
HARDWARE = ("processor", "gpus", "threads", "system")  # that change the last digits of numbers


@dataclass(frozen=True)
class Difference:
    """A result that differs, and what differs in its step besides what that has read."""

    name: str
    amount: str
    causes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Comparison:
    """What two folders of results have in common, and what they have not."""

    equal: int
    first: tuple[Difference, ...]  # with their causes
    further: tuple[Difference, ...]  # which follow from the first
    only_a: tuple[str, ...]
    only_b: tuple[str, ...]

    def __str__(self) -> str:
        differ = len(self.first) + len(self.further)
        lines = [f"{self.equal + differ} results in both: {self.equal} equal, {differ} differ"]
        for folder, names in (("first", self.only_a), ("second", self.only_b)):
            if names:
                lines.append(f"only in the {folder} folder: {_few(names)}")
        for title, differences in (
            ("differ, though their steps have read the same:", self.first),
            ("differ, as what their steps have read does:", self.further),
        ):
            lines += [title] if differences else []
            for each in differences:
                lines.append(f"  {each.name}: {each.amount}")
                lines += [f"    cause: {cause}" for cause in each.causes]
        return "\n".join(lines)


def compare(a: Path, b: Path) -> Comparison:
    """Compare two folders of results of the workflow, by their bytes and by their records.

    Files are read piece by piece. Raises `DataError` where a folder has no records, or a damaged
    one.
    """
    one, other = records_of(a), records_of(b)
    both = [name for name in one if name in other]
    states = {name: (_now(a, one[name]), _now(b, other[name])) for name in both}
    differing = [name for name in both if states[name][0] != states[name][1]]
    first, further = [], []
    for name in differing:
        amount = _amount(a / name, b / name)
        as_made = states[name] == (one[name]["sha256"], other[name]["sha256"])
        read = _unlike(one[name]["inputs"], other[name]["inputs"]) & set(both)
        if as_made and read:
            own = (own_configuration(each[name]) for each in (one, other))
            further.append(Difference(name, amount, tuple(_configuration(*own))))
        else:
            causes = tuple(_causes(one[name], other[name], states[name])) or (UNKNOWN,)
            first.append(Difference(name, amount, causes))
    return Comparison(
        len(both) - len(differing),
        tuple(first),
        tuple(further),
        tuple(name for name in one if name not in other),
        tuple(name for name in other if name not in one),
    )


def _now(root: Path, record: Record) -> str:
    """Digest of a result as it is; of what was recorded where it is gone (outputs may be)."""
    path = root / record["output"]
    return digest(path) if path.is_file() else str(record["sha256"])


def _amount(a: Path, b: Path) -> str:
    if a.is_file() and b.is_file():
        return difference(a, b)
    return "other bytes when they were made (one is gone since)"


def _causes(a: Record, b: Record, now: tuple[str, str]) -> Iterator[str]:
    """What differs between the steps that made a result, the likeliest cause first."""
    for folder, record, value in (("first", a, now[0]), ("second", b, now[1])):
        if record["sha256"] != value:
            yield f"the file of the {folder} folder was changed after it had been made"
    yield from _configuration(own_configuration(a), own_configuration(b))
    yield from _inputs(a["inputs"], b["inputs"])
    if names := _unlike(a["modules"], b["modules"]):
        yield f"code: {_few(sorted(names))}"
    for name in sorted(_unlike(a["software"], b["software"])):
        yield f"{name} {a['software'].get(name, 'none')} and {b['software'].get(name, 'none')}"
    for key in HARDWARE:
        if a["hardware"][key] != b["hardware"][key]:
            yield f"{key}: {_shown(a['hardware'][key])} and {_shown(b['hardware'][key])}"


def _configuration(a: Record, b: Record) -> Iterator[str]:
    one, other = dict(leaves(a)), dict(leaves(b))
    for key in [*one, *(key for key in other if key not in one)]:
        values = [_shown(side[key]) if key in side else "not given" for side in (one, other)]
        if values[0] != values[1]:
            yield f"{key}: {values[0]} and {values[1]}"


def _inputs(a: Mapping[str, str], b: Mapping[str, str]) -> Iterator[str]:
    """Files that were read and differ; those of other folders, which may lie elsewhere, by name."""
    if names := _unlike(_by_name(a), _by_name(b)):
        yield f"files that were read: {_few(sorted(names))}"


def _by_name(inputs: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Digests of the files of each name: of several, where they are of other folders."""
    found: dict[str, tuple[str, ...]] = {}
    for path, value in sorted(inputs.items(), key=lambda item: item[1]):
        name = Path(path).name if Path(path).is_absolute() else path
        found[name] = (*found.get(name, ()), value)
    return found


def _unlike(a: Mapping[str, object], b: Mapping[str, object]) -> set[str]:
    return {name for name in {*a, *b} if a.get(name) != b.get(name)}


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return "null" if value is None else str(value)


def _few(names: tuple[str, ...] | list[str]) -> str:
    rest = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {rest} more" if rest > 0 else "")
