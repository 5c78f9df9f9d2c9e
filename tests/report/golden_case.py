"""A case in which everything occurs that a report can say, the same each time it is made.

Its outcomes are written by hand, so that the golden reports change when the report does, and not
when an examination or a library does.
"""

from __future__ import annotations

import base64
import itertools
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

import earwitness
import sounds
from earwitness.evidence.exhibit import Role
from earwitness.examinations import Examination, Needs
from earwitness.outcome import (
    Asked,
    Envelope,
    Failed,
    Figure,
    Finding,
    Line,
    Marks,
    Measure,
    NotExamined,
    Outcome,
    Place,
    Points,
    Raster,
    Rows,
    Spans,
    Strength,
)
from earwitness.signal.pictures import png
from earwitness.store.database import Examined
from earwitness.workbench import Case, examining, opened, reports

VERSIONS = {"earwitness": "1.2.3", "python": "3.11.0"}
HOSTILE = "</td><script>alert(1)</script>\"'&amp; \u202e"


def figures() -> tuple[Figure, ...]:
    """Every kind of layer, on plain and on logarithmic axes."""
    picture = np.linspace(0, 255, 12, dtype=np.uint8).reshape(3, 4)
    raster = Raster(base64.b64encode(png(picture)).decode(), 0.0, 2.0, 0.0, 8000.0, "spectrogram")
    wave = Envelope((0.0, 1.0, 2.0), (-0.5, -1.0, -0.25), (0.5, 0.75, 0.5), "waveform")
    return (
        Figure("Waveform <b>", "A wave & its speech.", "seconds", "full scale",
               (Spans(((0.5, 1.25),), "speech"), wave), x_range=(0.0, 2.0)),
        Figure("Spectrogram", "A picture.", "seconds", "Hz", (raster,)),
        Figure("Spectrum", "A line & points.", "Hz", "dB",
               (Line((20.0, 200.0, 2000.0), (-20.0, -50.5, -80.0), "line"),
                Points((200.0,), (-50.5,), "peak")), log_x=True),
        Figure("Rows", "A row and two marks.", "seconds", "",
               (Line((0.0, 1.0, 2.0), (0.0, 0.5, 0.0)), Rows((0.0,), ("a <row>",)),
                Marks((0.5, 1.25), (1, 2))), x_range=(0.0, 2.0), y_range=(0.0, 1.0)),
        Figure("Place 1", "It, closely.", "seconds", "",
               (Line((0.4, 0.6), (0.0, 0.5)), Marks((0.5,), (1,))), place=1),
    )  # fmt: skip


OUTCOMES: dict[str, Outcome] = {
    "described_v1": Finding(
        summary=f"It is a tone {HOSTILE}.",
        measures=(
            Measure("duration", 2.0, "s", digits=3),
            Measure("net speech", 0.75, "s"),
            Measure("level <i>", -12.345, "dBFS", digits=2, low=-13.0, high=-11.5),
            Measure("samples", 32_000),
            Measure("noise level", None, "dBFS", note="no pauses"),
            Measure("codec", HOSTILE),
        ),
        places=(Place(0.5, 1.25, "speech"), Place(3599.999, 3661.5, HOSTILE)),
        limits=("Not all is shown.", HOSTILE),
        details={"structure": [{"offset": 0, "size": 44, "depth": 1, "kind": "RIFF", "note": HOSTILE,
                                "count": 2}]},
        figures=figures(),
    ),
    "heard_before_v2": Finding(
        summary="It was heard before.",
        strength=Strength("false_alarm_rate", 0.00123456, 0.0005, 0.003, "300 recordings", "rare"),
    ),
    "speaker_v1": Finding(
        summary="More likely if the same person speaks.",
        strength=Strength("log10_lr", 1.5, 0.9, 2.1, "60 speakers", "moderate support"),
    ),
    "hum_v1": NotExamined("the recording is too short for this method", "2.00 s", "600 s"),
    "edits_v1": Failed("WorkerDied", f"ended by SIGKILL {HOSTILE}"),
}  # fmt: skip
ANSWERS = {
    "described_v1": Asked.WHAT,
    "heard_before_v2": Asked.HEARD,
    "speaker_v1": Asked.WHO,
    "hum_v1": Asked.WHEN,
    "edits_v1": Asked.WHOLE,
    "words_v1": Asked.SAID,
}


def examination(name: str) -> Examination:
    """What the report needs to know of an examination."""
    needs = Needs(min_seconds=600.0) if name == "hum_v1" else Needs(min_speech_s=0.5)
    return Examination(
        name=name,
        version=int(name[-1]),
        question=f"What does {name} ask <here>?",
        answers=ANSWERS[name],
        sources=("Somebody 2020", HOSTILE),
        needs=needs,
        applies_to=(Role.QUESTIONED, Role.KNOWN),
        defaults={"threshold": 0.5},
        method=f"How {name} works.\n\n1. It looks.\n2. It finds {HOSTILE}.",
        function=lambda *_: Finding(summary=""),
    )


EXAMINATIONS = {name: examination(name) for name in ANSWERS}


def known(name: str) -> Examination:
    """Find one of the golden case's examinations."""
    return EXAMINATIONS[name]


@contextmanager
def pinned() -> Iterator[None]:
    """Versions and examinations that do not change with the machine or the package."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("earwitness.store.folder.versions_here", lambda: VERSIONS)
        patch.setattr(sys.modules["earwitness.report.assemble"], "version", lambda _: "1.2.3")
        for room in (opened, examining, reports):
            patch.setattr(room, "newest_examinations", lambda: EXAMINATIONS, raising=False)
            patch.setattr(room, "find_examination", known, raising=False)
            patch.setattr(room, "examination_of_outcome", known, raising=False)
        yield


def foretold() -> Callable[[], datetime]:
    """A clock that goes on by a minute each time it is read."""
    minutes = itertools.count()
    start = datetime(2031, 5, 4, 23, 50, 0, 123_456, tzinfo=UTC)
    return lambda: start + timedelta(minutes=next(minutes))


def make(folder: Path) -> Case:
    """Make the golden case; call it, and what is done with it, under ``pinned``."""
    folder.mkdir(parents=True, exist_ok=True)
    tone = sounds.write_wav(folder / "tape.wav", sounds.tone(2.0, level=0.25))
    other = sounds.write_wav(folder / "voice\u202e.wav", sounds.tone(1.0, hz=200, level=0.25))
    article = folder / "article.html"
    article.write_text("<p>He spoke.</p>")
    claims = {"speaker": HOSTILE, "released": "2031-05-03"}
    case = earwitness.new(
        folder / "golden.case",
        questioned=[tone],
        title=f"Golden {HOSTILE}",
        claims=claims,
        who="ada@desk",
        clock=foretold(),
    )
    list(case.add([other], "known", speaker=HOSTILE))
    list(case.add([article], "document"))
    path = case.path / "case.toml"
    path.write_text(path.read_text() + "\n# edited by hand\n")
    _keep(case)
    case.publication.review("disagrees", note=f"Too early. {HOSTILE}")
    path.write_text(path.read_text() + "\n[examine.speaker_v1]\nthreshold = 0.25\n")
    case.withdraw("article.html")
    case.publication.review("agrees with remarks", note=HOSTILE)
    return case


def _keep(case: Case) -> None:
    """Keep the outcomes: all for the questioned recording, one for the known one."""
    first, second = (exhibit.sha256 for exhibit in case.exhibits[:2])
    tasks = {
        (task.exhibit.sha256, task.method): task
        for task in case._tasks(list(EXAMINATIONS.values()))
    }
    kept = [(first, method) for method in OUTCOMES] + [(second, "hum_v1")]
    for sha256, method in kept:
        task = tasks[sha256, method]
        case._folder.keep_outcome(
            Examined(
                key=task.key,
                exhibit=sha256,
                method=method,
                parameters=task.parameters,
                consulted=task.consulted,
                outcome=OUTCOMES[method],
                versions=VERSIONS,
                examined_at=case._folder.now(),
                seconds=1.5,
            )
        )
