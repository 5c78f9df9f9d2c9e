"""The custody chain: each edit, removal, move and cut is named at its place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earwitness.evidence.custody import (
    BEFORE_THE_FIRST,
    Entry,
    Head,
    entry_hash,
    reportable,
    walk_chain,
)

LENGTH = 6


def chain(length: int = LENGTH) -> list[Entry]:
    """A log of so many acts."""
    entries: list[Entry] = []
    previous = BEFORE_THE_FIRST
    for number in range(1, length + 1):
        entry = Entry(
            number=number,
            at=f"2031-05-04T12:00:0{number}.000000Z",
            who="ada@desk",
            act="add",
            changes=number % 2 == 1,
            exhibits=("a" * 64,),
            details={"name": "tape.wav"},
            versions={"earwitness": "0"},
            previous=previous,
        ).sealed()
        entries.append(entry)
        previous = entry.hash
    return entries


def head(entries: list[Entry]) -> Head:
    """The head that belongs to a log."""
    return Head(len(entries), entries[-1].hash if entries else BEFORE_THE_FIRST)


def walked(change: Callable[[list[Entry]], list[Entry]]) -> str:
    """What is said of a log after a change; its head stays."""
    entries = chain()
    return "\n".join(str(problem) for problem in walk_chain(change(entries), head(chain())))


def test_an_untouched_log_is_whole() -> None:
    """Nothing is found where nothing was done, in a log of any length."""
    for length in range(LENGTH):
        assert walk_chain(chain(length), head(chain(length))) == []


@pytest.mark.parametrize("number", range(1, LENGTH + 1))
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("at", "2031-05-04T12:00:00.000000Z"),
        ("who", "eve@desk"),
        ("act", "withdraw"),
        ("changes", None),
        ("exhibits", ("b" * 64,)),
        ("exhibits", ()),
        ("details", {"name": "tape.wav", "x": 1}),
        ("versions", {}),
    ],
)
def test_an_edited_entry_is_named(number: int, name: str, value: Any) -> None:
    """Any field of any entry."""

    def edit(entries: list[Entry]) -> list[Entry]:
        old = entries[number - 1]
        new = (not old.changes) if name == "changes" else value
        entries[number - 1] = replace(old, **{name: new})
        return entries

    assert f"custody entry {number}: was edited" in walked(edit)


def test_every_field_is_under_the_hash() -> None:
    """A field that is added to entries later is covered, or this test fails."""
    entry = chain(1)[0]
    others: dict[str, Any] = {"number": 2, "at": "", "who": "", "act": "", "changes": False,
                              "exhibits": (), "details": {}, "versions": {}, "previous": ""}  # fmt: skip
    assert set(others) == {field.name for field in fields(Entry)} - {"hash"}
    for name, value in others.items():
        assert entry_hash(replace(entry, **{name: value})) != entry.hash, name


@pytest.mark.parametrize("number", range(1, LENGTH))
def test_a_removed_entry_is_named(number: int) -> None:
    """A gap is named by the number that is missing."""
    said = walked(lambda entries: entries[: number - 1] + entries[number:])
    assert f"custody entry {number}: is missing" in said


def test_a_removed_stretch_is_named() -> None:
    """Several in a row are named from first to last."""
    assert "custody entry 2 to 4: is missing" in walked(lambda entries: entries[:1] + entries[4:])


@pytest.mark.parametrize("left", range(LENGTH))
def test_a_cut_end_is_named(left: int) -> None:
    """Entries that were cut off at the end are missed by the head, up to the whole log."""
    said = walked(lambda entries: entries[:left])
    assert f"ends at entry {left}, but its head says entry {LENGTH}" in said


@pytest.mark.parametrize("number", range(1, LENGTH))
def test_two_entries_that_changed_places_are_named(number: int) -> None:
    """Order is part of what happened."""

    def swap(entries: list[Entry]) -> list[Entry]:
        entries[number - 1], entries[number] = entries[number], entries[number - 1]
        return entries

    said = walked(swap)
    assert f"custody entry {number}" in said
    assert "out of place" in said or "is missing" in said


def test_a_renumbered_entry_is_named() -> None:
    """Closing a gap by new numbers breaks the hashes."""

    def close(entries: list[Entry]) -> list[Entry]:
        kept = entries[:2] + [replace(each, number=each.number - 1) for each in entries[3:]]
        return kept

    assert "custody entry 3: was edited" in walked(close)


def test_a_forged_entry_with_a_right_hash_is_named() -> None:
    """An entry that was made anew, hash and all, is not what the next one follows from."""

    def forge(entries: list[Entry]) -> list[Entry]:
        entries[2] = replace(entries[2], who="eve@desk", hash="").sealed()
        return entries

    assert "custody entry 4: does not follow from the entry before it" in walked(forge)


def test_a_forged_last_entry_is_missed_by_the_head() -> None:
    """Even the last entry cannot be made anew without its head."""

    def forge(entries: list[Entry]) -> list[Entry]:
        entries[-1] = replace(entries[-1], who="eve@desk", hash="").sealed()
        return entries

    assert "custody log: ends at entry 6, but its head says" in walked(forge)


def test_an_added_entry_is_missed_by_the_head() -> None:
    """An act that was put behind the end, and follows from it, is not in the head."""

    def add(entries: list[Entry]) -> list[Entry]:
        last = entries[-1]
        return [*entries, replace(last, number=7, previous=last.hash, hash="").sealed()]

    assert "ends at entry 7" in walked(add)


@given(data=st.data())
def test_any_rearrangement_is_found(data: st.DataObject) -> None:
    """Only the log as it was written is whole."""
    entries = chain()
    chosen = data.draw(st.lists(st.sampled_from(range(LENGTH)), max_size=LENGTH + 2))
    rearranged = [entries[index] for index in chosen]
    found = walk_chain(rearranged, head(entries))
    assert (found == []) == (chosen == list(range(LENGTH)))


def test_reports_print_acts_that_changed_something() -> None:
    """Acts that only read are left out."""
    assert [entry.number for entry in reportable(chain())] == [1, 3, 5]
