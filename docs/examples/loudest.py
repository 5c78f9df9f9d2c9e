"""Where a recording is loudest."""

from __future__ import annotations

import numpy as np

from earwitness.examinations._contract import CaseView, Needs, examination
from earwitness.outcome import Asked, Figure, Finding, Line, Measure, NotExamined, Place, numbers
from earwitness.signal.recording import BASE_RATE_HZ, Recording


@examination(
    question="Where is the recording loudest?",
    answers=Asked.WHAT,
    sources=("ITU-R BS.1770 measures loudness properly; this example measures mean power",),
    needs=Needs(min_seconds=2.0),
)
def loudest_v1(
    recording: Recording, case: CaseView, *, window_s: float = 1.0
) -> Finding | NotExamined:
    """Find the stretch of the recording with the highest mean power.

    1. The sound, mixed to one channel at 16 kHz, is cut into windows of ``window_s`` seconds.
    2. The level of each window is its mean power, relative to full scale.
    3. The loudest window is reported; where two are equal, the first.
    """
    signal = recording.signal()
    size = round(window_s * BASE_RATE_HZ)
    count = len(signal) // size if size > 0 else 0
    if count < 2:
        return NotExamined(
            reason="the recording is shorter than two windows",
            got=f"{recording.duration_s:.2f} s, windows of {window_s:g} s",
            needed="a shorter window_s",
        )
    power = np.empty(count)
    for index in range(count):  # 1
        window = signal[index * size : (index + 1) * size]
        power[index] = np.mean(np.square(window, dtype=np.float64))
        case.progress(index / count, "measuring")
    level_db = 10 * np.log10(np.maximum(power, 1e-12))  # 2
    first = int(np.argmax(level_db))  # 3
    start_s, end_s = first * window_s, (first + 1) * window_s
    return Finding(
        summary=f"It is loudest from {start_s:.0f} to {end_s:.0f} s.",
        measures=(Measure("highest level", float(level_db[first]), "dBFS", digits=1),),
        places=(Place(start_s, end_s, "loudest"),),
        limits=("Mean power is not loudness: the ear hears some pitches better than others.",),
        figures=(
            Figure(
                title="Level",
                alternative=f"Level over time, highest from {start_s:.0f} to {end_s:.0f} s.",
                x_label="seconds",
                y_label="dBFS",
                layers=(Line(numbers(np.arange(count) * window_s), numbers(level_db)),),
            ),
        ),
    )
