"""How long a large case takes: 32 minutes questioned, 5 known recordings, 100 people; first run, and again.

Also for voice_v1 as a whole: the case is examined as ``earwitness examine --only voice`` does it.
"""

from __future__ import annotations

import resource
import shutil
import subprocess
import time
from pathlib import Path

import numpy as np
from who_data import people, readers, write_wav

import earwitness
from earwitness.outcome import Finding

MINUTES = 32
KNOWN = 5


def build(data: Path, folder: Path) -> earwitness.workbench.Case:
    """The case, with the longest-spoken person as the speaker; sounds are made as files first."""
    everybody = people(data)
    speaker = max(everybody, key=lambda person: person.whole.size)
    others = [person for person in everybody if person is not speaker] + readers(data)[:1]
    sounds = folder / "timing"
    shutil.rmtree(sounds, ignore_errors=True)
    sounds.mkdir(parents=True)
    parts = np.array_split(speaker.whole, 2 * KNOWN)
    questioned = np.resize(np.concatenate(parts[KNOWN:]), MINUTES * 60 * 16_000)
    write_wav(sounds / "questioned.wav", questioned)
    command = ["ffmpeg", "-y", "-loglevel", "error", "-i", str(sounds / "questioned.wav")]
    tape = sounds / "questioned.opus"
    subprocess.run([*command, "-c:a", "libopus", "-b:a", "24k", str(tape)], check=True)
    case = earwitness.new(sounds / "case", questioned=[tape], claims={"speaker": "the speaker"})
    for number in range(KNOWN):
        write_wav(sounds / f"known_{number}.wav", parts[number])
        list(case.add([sounds / f"known_{number}.wav"], "known", speaker="the speaker"))
    for person in others:
        write_wav(sounds / f"{person.name}.wav", person.whole)
        list(case.add([sounds / f"{person.name}.wav"], "population", speaker=person.name))
    return case


def show(data: Path, folder: Path) -> None:
    """Wall clock and processor time of the first run and of the next."""
    case = build(data, folder)
    for run in ("first run", "again, with the cache"):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        began = time.monotonic()
        (examined,) = case.examine(["voice"], again=True)
        wall_s = time.monotonic() - began
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        processor_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        print(
            f"{run}: {wall_s:.0f} s of wall clock, {processor_s:.0f} s of processor time, at most "
            f"{after.ru_maxrss / 1024:.0f} MB",
            flush=True,
        )
        outcome = examined.outcome
        assert isinstance(outcome, Finding), outcome
        print(outcome.summary, outcome.measure("voices told apart").text, "voices")
