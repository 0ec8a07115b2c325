"""Paths of a configuration are what a shell would make of them, or one sentence."""

import pytest

from spiking_music import config as configuration
from spiking_music.errors import ConfigError
from tests.test_config import _changed


@pytest.mark.parametrize(
    ("given", "becomes"),
    [
        ("my results", "my results"),
        ("~/x", "/people/me/x"),
        ("~", "/people/me"),
        ("a~b", "a~b"),
        ("$CASH/x", "/mnt/ca$h/x"),
        ("${CASH}", "/mnt/ca$h"),
        ("5$", "5$"),
        ("5$/x", "5$/x"),
        ("$5", "$5"),
        ("a'b\"c", "a'b\"c"),
        ("größe/ж", "größe/ж"),
        ("./x//y/", "x/y"),
        ("-out", "{cwd}/-out"),
        ("..", ".."),
    ],
)
def test_results_are_where_a_shell_would_have_them(raw, given, becomes, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", "/people/me")
    monkeypatch.setenv("CASH", "/mnt/ca$h")
    monkeypatch.chdir(tmp_path)
    config = configuration.validate(_changed(raw, ("results",), given))
    assert config.results == becomes.format(cwd=tmp_path)


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        (("results",), "", "'results': String should have at least 1 character"),
        (("results",), "a\nb", "holds a character that cannot be printed"),
        (("results",), "~nobody-at-all/x", "the home folder of a user that is not known"),
        (("results",), "$NOWHERE_AT_ALL/x", "that is not set (NOWHERE_AT_ALL)"),
        (("dataset", "soundfont"), "~nobody-at-all/x.sf2", "home folder of a user that is not"),
        (("listening", "ratings", "folder"), "~nobody-at-all", "home folder of a user that is"),
        (("variants", "my row"), {"bottleneck": "rvq", "decoder": "regression"}, "my row"),
        (("variants", "a/b"), {"bottleneck": "rvq", "decoder": "regression"}, "a/b"),
        (("variants", "a|b"), {"bottleneck": "rvq", "decoder": "regression"}, "a|b"),
    ],
)
def test_what_can_be_no_path_or_name_is_one_sentence(raw, path, value, sentence):
    with pytest.raises(ConfigError) as caught:
        configuration.validate(_changed(raw, path, value))
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)
