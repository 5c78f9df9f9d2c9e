"""Regions as a person writes them."""

from __future__ import annotations

import pytest

from earwitness.errors import BadParameter
from earwitness.voices.regions import in_regions, read_regions, regions_text


def test_regions_are_read_in_order_and_joined() -> None:
    """Whatever order and overlap they were written in."""
    assert read_regions("45-60.25, 12.5-30 ,29-31") == [(12.5, 31.0), (45.0, 60.25)]
    assert regions_text(read_regions("1-2,3-4")) == "1.000-2.000, 3.000-4.000"


@pytest.mark.parametrize("text", ["", "12", "5-3", "a-b", "1-2;3-4", "-1-2", "1e9-2e9", "1-nan"])
def test_what_is_no_region_is_refused(text: str) -> None:
    """With what was got."""
    with pytest.raises(BadParameter):
        read_regions(text)


def test_frames_of_regions() -> None:
    """Ten milliseconds each; what lies behind the end is nothing."""
    marked = in_regions("0.5-1, 2-90", 300)
    assert marked.sum() == 150
    assert marked[50] and not marked[49] and not marked[100] and marked[200]
