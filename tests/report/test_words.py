"""How the report writes times, sizes and sentences."""

from __future__ import annotations

import pytest

from earwitness.errors import EarwitnessError
from earwitness.outcome import Failed, Finding, Measure, NotExamined
from earwitness.report import ReportData, render
from earwitness.report.assemble import sentence
from earwitness.report.html import clock, human_bytes


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0:00.00"), (9.999, "0:10.00"), (59.994, "0:59.99"), (59.996, "1:00.00"),
     (75.25, "1:15.25"), (3599.999, "1:00:00.00"), (3661.5, "1:01:01.50"), (360_000, "100:00:00.00")],
)  # fmt: skip
def test_times_are_as_a_player_shows_them(seconds: float, shown: str) -> None:
    """No minute has sixty seconds."""
    assert clock(seconds) == shown


@pytest.mark.parametrize(
    ("size", "shown"),
    [(0, "0 bytes"), (1023, "1023 bytes"), (1024, "1.0 KiB"), (1536, "1.5 KiB"),
     (2**20, "1.0 MiB"), (5 * 2**30, "5.0 GiB"), (2**50, "1024.0 TiB")],
)  # fmt: skip
def test_sizes_are_for_people(size: int, shown: str) -> None:
    """Units grow by 1,024."""
    assert human_bytes(size) == shown


@pytest.mark.parametrize(
    ("measure", "shown"),
    [
        (Measure("x", 1.25, "s", digits=1), "1.2 s"),
        (Measure("x", -0.04, "dB", digits=1), "0.0 dB"),
        (Measure("x", 12_345, "Hz"), "12,345 Hz"),
        (Measure("x", 1.0, "dB", low=0.5, high=1.5), "1.0 [0.5, 1.5] dB"),
        (Measure("x", None, "dB", note="too short"), "not defined (too short)"),
        (Measure("x", None), "not defined"),
        (Measure("x", "16 of 16"), "16 of 16"),
    ],
)
def test_measures_have_their_unit_and_digits(measure: Measure, shown: str) -> None:
    """And zero has no sign."""
    assert measure.text == shown


def test_the_three_kinds_cannot_be_mistaken() -> None:
    """Only a finding is printed without saying what it is."""
    assert sentence(Finding(summary="Nothing was found.")) == "Nothing was found."
    assert (
        sentence(NotExamined("too short", "1 s", "2 s"))
        == "Not examined: too short (got 1 s; needed 2 s)."
    )
    assert sentence(Failed("OSError", "no space")) == "The examination failed: OSError: no space."


def test_an_unknown_form_is_an_error() -> None:
    """A report has the forms that it has."""
    data = ReportData(earwitness="0", title="", claims={}, questions=[], allowances=[], exhibits=[],
                      methods=[], custody=[], custody_head="")  # fmt: skip
    with pytest.raises(EarwitnessError, match="no form 'doc'"):
        render(data, "doc")
    assert render(data, "html").lstrip().startswith(b"<!DOCTYPE html>")
