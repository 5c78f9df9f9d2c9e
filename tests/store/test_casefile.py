"""case.toml is a person's: comments stay, and mistakes are named with their place."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earwitness.errors import BadCaseFile
from earwitness.evidence.exhibit import Role
from earwitness.store.casefile import (
    MAX_BYTES,
    Claims,
    Listed,
    new_text,
    read_case_file,
    text_with,
    text_without,
)

HASH, OTHER = "a" * 64, "b" * 64


def read(tmp_path: Path, text: str | bytes) -> object:
    """Read a text as case.toml."""
    path = tmp_path / "case.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_case_file(path)


def test_a_new_file_can_be_read(tmp_path: Path) -> None:
    """What is written first says what was given, and explains itself."""
    text = new_text(title='A "tape"', claims=Claims(speaker="Ünal\tB."))
    case_file = read(tmp_path, text)
    assert case_file.title == 'A "tape"'
    assert case_file.claims.speaker == "Ünal\tB."
    assert text.startswith("#")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("title = ", "not TOML"),
        ("titel = 'x'", "titel"),
        ("[claims]\nspeeker = 'x'", "claims.speeker"),
        ("[settings]\nworkers = -1", "settings.workers"),
        ("[settings]\nmax_hours = 0", "settings.max_hours"),
        ("[settings]\nmax_hours = nan", "settings.max_hours"),
        ("[[exhibit]]\nsha256 = '../x'\nrole = 'known'", "exhibit.0.sha256"),
        (f"[[exhibit]]\nsha256 = '{HASH}'\nrole = 'boss'", "exhibit.0.role"),
        (f"[[exhibit]]\nsha256 = '{HASH.upper()}'\nrole = 'known'", "exhibit.0.sha256"),
        ("[examine.quality_v1]\nx = [1]", "examine.quality_v1.x"),
        ("format = 2", "newer layout"),
        ("format = 0", "format"),
        (b"title = '\xff'", "not UTF-8"),
        ("a = " + "[" * 50_000, "not TOML"),
        ("#" * (MAX_BYTES + 1), "too large"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, text: str | bytes, named: str) -> None:
    """The error says where the mistake is, whatever it is."""
    with pytest.raises(BadCaseFile, match=named):
        read(tmp_path, text)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """A case without case.toml is told how to get it back."""
    with pytest.raises(BadCaseFile, match=r"no case\.toml"):
        read_case_file(tmp_path / "case.toml")


def test_comments_and_order_are_kept(tmp_path: Path) -> None:
    """Adding and taking away exhibits leaves what a person wrote."""
    text = "# mine\ntitle = 'x' # why\n\n[settings]\nworkers = 1 # slow machine\n"
    added = text_with(text, [Listed(sha256=HASH, role=Role.KNOWN, name="a.wav", speaker="Ada")])
    assert added.startswith(text)
    case_file = read(tmp_path, added)
    assert [each.speaker for each in case_file.exhibit] == ["Ada"]
    assert "# slow machine" in text_without(added, HASH)


def test_one_exhibit_may_play_two_roles(tmp_path: Path) -> None:
    """The same hash in another role is another line; in the same role it is updated."""
    text = new_text(title="x", claims=Claims())
    for role, speaker in ((Role.KNOWN, ""), (Role.ARCHIVE, ""), (Role.KNOWN, "Ada")):
        text = text_with(text, [Listed(sha256=HASH, role=role, speaker=speaker)])
    text = text_with(text, [Listed(sha256=OTHER, role=Role.DOCUMENT)])
    listed = read(tmp_path, text).exhibit
    assert [(each.sha256, str(each.role), each.speaker) for each in listed] == [
        (HASH, "known", "Ada"),
        (HASH, "archive", ""),
        (OTHER, "document", ""),
    ]
    assert [each.sha256 for each in read(tmp_path, text_without(text, HASH)).exhibit] == [OTHER]


ROLES = st.sampled_from(list(Role))
STEPS = st.lists(st.tuples(st.sampled_from([HASH, OTHER, "c" * 64]), ROLES, st.booleans()))
BEGINNINGS = (
    new_text(title="x", claims=Claims()),
    "",
    "exhibit = []\ntitle = 'x'\n[settings]\nworkers = 1\n",
    f"exhibit = [{{sha256 = '{HASH}', role = 'known'}}]\n[examine.quality_v1]\n",
    f"[[exhibit]]\nsha256 = '{HASH}'\nrole = 'known'\n[settings]\nworkers = 1 # few\n",
)


@given(text=st.sampled_from(BEGINNINGS), steps=STEPS)
def test_any_row_of_changes_leaves_a_file_that_can_be_read(
    tmp_path_factory: pytest.TempPathFactory, text: str, steps: list[tuple[str, Role, bool]]
) -> None:
    """However exhibits come and go, the file says just what a plain list would say."""
    expected = [
        (each.sha256, each.role) for each in read(tmp_path_factory.getbasetemp(), text).exhibit
    ]
    for sha256, role, comes in steps:
        if comes:
            text = text_with(text, [Listed(sha256=sha256, role=role)])
            expected += [(sha256, role)] if (sha256, role) not in expected else []
        else:
            text = text_without(text, sha256)
            expected = [each for each in expected if each[0] != sha256]
        found = read(tmp_path_factory.getbasetemp(), text)
        assert [(each.sha256, each.role) for each in found.exhibit] == expected


@given(title=st.text(), speaker=st.text(), name=st.text())
def test_any_text_survives(
    tmp_path_factory: pytest.TempPathFactory, title: str, speaker: str, name: str
) -> None:
    """Quotes, line breaks and scripts of all kinds come back as they were given."""
    text = new_text(title=title, claims=Claims(speaker=speaker))
    text = text_with(text, [Listed(sha256=HASH, role=Role.KNOWN, name=name)])
    case_file = read(tmp_path_factory.getbasetemp(), text)
    assert (case_file.title, case_file.claims.speaker) == (title, speaker)
    assert case_file.exhibit[0].name == name
