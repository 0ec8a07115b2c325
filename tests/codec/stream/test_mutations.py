"""A few of the million mutated streams of benchmarks/mutations.py."""

import pytest
from benchmarks.mutation_kinds import MUTATIONS, repair
from benchmarks.mutations import Original, mutants, originals, outcomes


def test_no_mutant_gets_past() -> None:
    seen = set()
    for number, (kind, data, parents) in enumerate(mutants(originals(), 9 * 400, seed=2)):
        found, wrong = outcomes(kind, data, parents, pipe=bool(number % 2))
        assert not wrong, (kind, data.hex())
        seen.add((kind, *found))
    assert {kind for kind, *_ in seen} == set(MUTATIONS)
    assert {"refused", "read"} == {read for _, read, _ in seen}
    assert {"nothing", "some", "all"} == {salvaged for _, _, salvaged in seen}


@pytest.mark.parametrize("original", originals())
def test_repair_leaves_whole_streams_alone(original: Original) -> None:
    assert repair(original.stream) == original.stream


def test_what_is_not_the_original_is_noticed() -> None:
    one, *_, other = originals()
    found, wrong = outcomes("bits flipped", other.stream, [one], pipe=False)
    assert found == ["WRONG"]
    assert wrong.startswith("WrongCodes")
    found, wrong = outcomes("bits flipped", one.stream, [one], pipe=True)
    assert (found, wrong) == (["read", "all"], "")
