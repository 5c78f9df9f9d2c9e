"""Scores and likelihood ratios of held-out pairs as CSV, for other programs; one row for each pair."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any, Final

COLUMNS: Final = (
    "label", "score", "log10_lr", "questioned_speaker", "known_speaker", "fold", "in_room", "counts",
)  # fmt: skip
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def trials_csv(details: Mapping[str, Any]) -> bytes:
    """The held-out trials of a finding of ``voice`` as CSV.

    ``label`` is 1 for a pair of one speaker and 0 for two: with ``label_column`` set to it and the
    last five columns ignored, the reader ``FeatureDataCsvFileParser`` of the NFI's lir takes the file.

    Parameters
    ----------
    details : mapping
        The finding's details.
    """
    trials, names = details["trials"], details["speakers"]
    columns = (
        trials["score"],
        trials["log10_lr"],
        trials["questioned_speaker"],
        trials["known_speaker"],
        trials["fold"],
        trials["in_room"],
        trials["counts"],
    )
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for score, log10_lr, questioned, known, fold, in_room, counts in zip(*columns, strict=True):
        who = _cell(names[questioned]), _cell(names[known])
        label = int(questioned == known)
        writer.writerow((label, score, log10_lr, *who, fold, int(in_room), counts))
    return text.getvalue().encode("utf-8", "replace")


def _cell(name: str) -> str:
    """A name that no spreadsheet takes for a formula."""
    return f"'{name}" if name.startswith(_FORMULA) else name
