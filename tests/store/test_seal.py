"""The seal: any bit of the database or of the seal itself that is turned round is found."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

import sounds
from earwitness.store.seal import SealState, check_seal, write_seal


@pytest.fixture
def sealed(tmp_path: Path) -> tuple[Path, Path]:
    """A small database with its seal."""
    database, seal = tmp_path / "case.db", tmp_path / "case.db.seal"
    with sqlite3.connect(database) as connection:
        connection.execute("CREATE TABLE t (x TEXT)")
    connection.close()
    for number in range(12):  # so that the count of transactions has two digits
        write(database, f"row {number}")
    write_seal(database, seal)
    return database, seal


def write(database: Path, text: str) -> None:
    """One more transaction."""
    with sqlite3.connect(database) as connection:
        connection.execute("INSERT INTO t VALUES (?)", (text,))
    connection.close()


def test_a_sealed_database_is_whole(sealed: tuple[Path, Path]) -> None:
    """Nothing was touched, nothing is said."""
    assert check_seal(*sealed) is SealState.WHOLE


def test_every_bit_of_the_seal_counts(sealed: tuple[Path, Path]) -> None:
    """No bit of the seal can be turned round unseen, those of its count included."""
    database, seal = sealed
    for bit in range(seal.stat().st_size * 8):
        sounds.flip_bit(seal, bit)
        assert check_seal(database, seal) is not SealState.WHOLE, f"bit {bit}"
        sounds.flip_bit(seal, bit)
    assert check_seal(database, seal) is SealState.WHOLE


def test_every_byte_of_the_database_counts(sealed: tuple[Path, Path]) -> None:
    """No bit of the database can be turned round and pass for an interruption."""
    database, seal = sealed
    for bit in range(0, database.stat().st_size * 8, 5):
        sounds.flip_bit(database, bit)
        assert check_seal(database, seal) is SealState.BROKEN, f"bit {bit}"
        sounds.flip_bit(database, bit)


def test_a_commit_after_the_seal_is_newer(sealed: tuple[Path, Path]) -> None:
    """A kill between commit and sealing is told from damage."""
    write(sealed[0], "one more")
    assert check_seal(*sealed) is SealState.NEWER


def test_a_missing_seal_is_missing(sealed: tuple[Path, Path]) -> None:
    """Taking the seal away does not make a database whole."""
    sealed[1].unlink()
    assert check_seal(*sealed) is SealState.MISSING


@pytest.mark.parametrize("content", [b"", b"[]", b"5", b"{}", b'{"transactions": "x"}', b"\xff"])
def test_a_seal_that_is_none_is_broken(sealed: tuple[Path, Path], content: bytes) -> None:
    """Rubbish in the seal's place is damage, not a crash."""
    sealed[1].write_bytes(content)
    assert check_seal(*sealed) is SealState.BROKEN
