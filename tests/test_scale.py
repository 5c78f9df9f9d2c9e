"""The page on how far archives go says what its script calculates, from what was measured."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from earwitness.archive import build, candidates, merge
from earwitness.archive.index import Listed, Manifest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "bench"))

import scale_model  # noqa: E402


def test_the_page_says_what_the_script_prints() -> None:
    """Tables and figures of docs/scale.md come from the measurements that are kept."""
    page = scale_model.PAGE.read_text("utf-8")
    assert page == scale_model.in_page(page, scale_model.Assumed()), (
        "write it anew: python bench/scale_model.py --write"
    )


def test_the_model_has_the_program_s_own_numbers() -> None:
    """How large segments are, when they are joined, and how the number of probes falls."""
    assert build._HOURS_TO_A_SEGMENT == scale_model.SEGMENT_HOURS
    assert merge.SEGMENTS_OF_A_SIZE == scale_model.JOINED
    assert merge.LARGEST_HOURS == scale_model.LARGEST_HOURS
    assert candidates._LARGE_LANDMARKS == scale_model.LARGE_LANDMARKS
    small, large = (
        candidates.effort_for(60_000, round(hours * scale_model.LANDMARKS_PER_HOUR)).probes
        for hours in (100, 100_000)
    )
    fewer = scale_model.fewer(100_000) / scale_model.fewer(100)
    assert large / small == pytest.approx(fewer, rel=0.1)


@pytest.mark.parametrize("hours", [50, 400, 1_000, 10_000, 100_000])
def test_the_model_joins_as_an_archive_does(hours: int) -> None:
    """So many segments are left, and each hour was rewritten so often, when 50 hours come at a time."""
    held: list[float] = []
    rewritten = 0.0
    for _ in range(hours // 50):
        held.append(50.0)
        while due := merge.due(
            Manifest(tuple(Listed(str(n), "", 1, 3600 * h, 1) for n, h in enumerate(held)))
        ):
            joined = [held[int(item.file)] for item in due]
            rewritten += sum(joined)
            held = [h for n, h in enumerate(held) if str(n) not in {item.file for item in due}]
            held.append(sum(joined))
    assert scale_model.segments(hours) == len(held)
    assert scale_model.rewritten(hours) == pytest.approx(rewritten / hours)
