"""The dossier's dated statements for TimelineJS, each with who says so and how exactly.

Source
------
https://timeline.knightlab.com/docs/json-format.html
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from html import escape
from typing import Any

MAX_EVENTS = 10_000


def write_timeline(title: str, moments: Sequence[dict[str, Any]]) -> bytes:
    """A timeline as TimelineJS reads it.

    Parameters
    ----------
    title : str
    moments : sequence of mapping
        With ``earliest`` and ``latest`` as ISO dates, ``precision``, ``subject``, ``sentence``,
        ``wording``, ``state`` and ``id``. TimelineJS takes their texts for HTML, so they are escaped.
    """
    document = {
        "title": {"text": {"headline": escape(title), "text": ""}},
        "events": [_event(number, one) for number, one in enumerate(moments[:MAX_EVENTS], start=1)],
    }
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode("utf-8", "replace")


def _event(number: int, moment: dict[str, Any]) -> dict[str, Any]:
    earliest, latest = (date.fromisoformat(moment[key]) for key in ("earliest", "latest"))
    parts = {"day": 3, "month": 2, "year": 1}.get(moment["precision"], 3)
    event = {
        "unique_id": f"moment-{number}",
        "start_date": _date(earliest, parts),
        "group": escape(moment["subject"]),
        "text": {
            "headline": escape(moment["sentence"]),
            "text": f"<p>“{escape(moment['wording'])}”</p>"
            f"<p>Exact to: {escape(moment['precision'])}. State: {escape(moment['state'])}.</p>",
        },
    }
    if parts == 3 and latest != earliest:
        event["end_date"] = _date(latest, parts)
    return event


def _date(day: date, parts: int) -> dict[str, int]:
    named = zip(("year", "month", "day"), (day.year, day.month, day.day), strict=True)
    return dict(list(named)[:parts])
