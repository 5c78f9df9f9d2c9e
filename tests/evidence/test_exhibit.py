"""Roles and hashes."""

from __future__ import annotations

import pytest

from earwitness.evidence.exhibit import Role, is_sha256


@pytest.mark.parametrize(
    "text", ["", "a" * 63, "a" * 65, "A" * 64, "a" * 64 + "\n", "../" + "a" * 61]
)
def test_only_64_small_digits_are_a_hash(text: str) -> None:
    """What is a hash is safe as a file name."""
    assert not is_sha256(text)
    assert is_sha256("0123456789abcdef" * 4)


def test_roles_that_must_be_heard() -> None:
    """Documents, grids and transcripts need not be recordings."""
    assert {role for role in Role if not role.is_recording} == {
        Role.DOCUMENT,
        Role.GRID,
        Role.TRANSCRIPT,
    }
