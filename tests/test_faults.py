"""What harm does to a case, in small counts; ``python -m bench.faults`` does it in large ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench import faults


def test_every_flipped_bit_is_found(examined: Path, tmp_path: Path) -> None:
    """One bit in an exhibit, the database, its seal, or a value of any table, sealed anew."""
    done = list(faults.flips(examined, tmp_path / "copies", 42, seed=7))
    assert [flip.what for flip in done if not flip.found] == []
    assert {flip.where for flip in done} == set(faults.WHERE)


def test_untouched_cases_are_whole(tmp_path: Path) -> None:
    """Whatever was done to a case through earwitness, verify finds nothing."""
    assert faults.untouched(tmp_path, 12, seed=7) == 0


@pytest.mark.slow
def test_killed_at_any_moment_a_case_is_whole_and_can_be_finished(tmp_path: Path) -> None:
    """SIGKILL for the process and its workers, early, midway and late."""
    ended = list(faults.kills(tmp_path, 3, seed=7, exhibits=2))
    assert [(kill.step, kill.after_s, kill.wrong) for kill in ended if kill.wrong] == []
    assert any(kill.acts_before > 0 and not kill.was_done for kill in ended), "a kill hit the acts"


@pytest.mark.slow
def test_processes_may_work_on_one_case_at_once(tmp_path: Path) -> None:
    """Two that make, add, examine and report together leave each outcome once."""
    assert faults.together(tmp_path, 2, sounds_each=2) == []


def test_replay_and_reports_give_the_same(examined: Path) -> None:
    """Outcomes are reached again to the bit, and two runs write the same reports to the byte."""
    assert faults.replays(examined, 1) == (4, 4)
    assert faults.reports(examined, 2) == 0
