"""The questioned message: spoken, pasted into, hummed over, and then cut."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from making.studio import Room, hum, record, speech_dbfs
from making.voice import SAMPLE_RATE_HZ, Sentence, Sound, Synthesizer, Voice, speak

_CUT = re.compile(r"\[\[(.+?)\]\] ?")
_MARGIN_S = 0.15  # of the pause that is pasted along, before and after
_PHASE_BREAK_CYCLES = 0.4  # of the fundamental: every low harmonic breaks, too
HUM_BELOW_SPEECH_DB = 35.0
HARMONICS_DB: Mapping[int, float] = {1: 0, 2: -1, 3: -6, 4: -4, 5: -10, 6: -6, 8: -9, 10: -12}


@dataclass(frozen=True, slots=True)
class Spoken:
    """A recording before it is coded, and what is said in it."""

    sound: Sound
    sentences: Sequence[Sentence]


@dataclass(frozen=True, slots=True)
class Paste:
    """A passage of another recording: where it comes from and where it lies now (samples)."""

    source: str
    source_start: int
    start: int
    count: int


@dataclass(frozen=True, slots=True)
class Cut:
    """What was deleted: where, how much (samples), which words, and the jump in the hum's phase."""

    at: int
    count: int
    words: str
    phase_break_cycles: float


@dataclass(frozen=True, slots=True)
class Message:
    """The questioned message as it goes to its first codec, and what was done to it."""

    spoken: Spoken
    paste: Paste
    cut: Cut
    speech_dbfs: float
    hum_dbfs: float


def lines_of(path: Path) -> list[str]:
    """The lines of a script, without its comments."""
    return [line for line in path.read_text("utf-8").splitlines() if line and line[0] != "#"]


def make_message(
    synthesizer: Synthesizer,
    script: Sequence[str],
    voice: Voice,
    room: Room,
    *,
    releases: Mapping[str, Spoken],
    mains_hz: Sound,
    seed: int,
) -> Message:
    """Make the questioned message.

    1. The sentences are spoken and recorded in one room.
    2. A passage of an earlier release is pasted in, sample by sample.
    3. The whole is copied through a machine that runs on the mains, which adds its hum.
    4. Some words are cut out.
    """
    place = next(number for number, line in enumerate(script) if line.startswith("@"))
    spoken_lines = [line for line in script if not line.startswith("@")]
    full_lines = [_CUT.sub(lambda found: found[1] + " ", line) for line in spoken_lines]
    voiced, sentences = speak(synthesizer, full_lines, voice, seed=seed)
    own = Spoken(record(voiced, room), sentences)  # 1
    source = script[place][1:].split()[0]
    pasted, paste = _paste(own, place, releases[source], script[place])  # 2
    loudness = speech_dbfs(pasted.sound)
    hummed = pasted.sound + hum(
        mains_hz,
        len(pasted.sound),
        harmonics_db=HARMONICS_DB,
        dbfs=loudness - HUM_BELOW_SPEECH_DB,
        seed=seed + 1,
    )  # 3
    marked = next(line for line in spoken_lines if "[[" in line)
    spoken, cut = _cut(replace(pasted, sound=hummed), marked, mains_hz)  # 4
    return Message(spoken, paste, cut, loudness, loudness - HUM_BELOW_SPEECH_DB)


def _paste(own: Spoken, place: int, release: Spoken, line: str) -> tuple[Spoken, Paste]:
    name, first, last = line[1:].split()
    chosen = list(release.sentences[int(first) - 1 : int(last)])
    start = round((chosen[0].start_s - _MARGIN_S) * SAMPLE_RATE_HZ)
    end = round((chosen[-1].end_s + _MARGIN_S) * SAMPLE_RATE_HZ)
    passage = release.sound[start:end]
    before, after = own.sentences[:place], own.sentences[place:]
    at = round((before[-1].end_s + after[0].start_s) / 2 * SAMPLE_RATE_HZ)
    sound = np.concatenate([own.sound[:at], passage, own.sound[at:]])
    moved = [sentence.moved((at - start) / SAMPLE_RATE_HZ) for sentence in chosen]
    later = [sentence.moved(len(passage) / SAMPLE_RATE_HZ) for sentence in after]
    return Spoken(sound, [*before, *moved, *later]), Paste(name, start, at, len(passage))


def _cut(whole: Spoken, marked: str, mains_hz: Sound) -> tuple[Spoken, Cut]:
    found = _CUT.search(marked)
    assert found is not None
    full = _CUT.sub(lambda found: found[1] + " ", marked)
    index = next(i for i, sentence in enumerate(whole.sentences) if sentence.text == full)
    sentence = whole.sentences[index]
    start_s = sentence.word_starts_s[found.start()]
    wanted_s = sentence.word_starts_s[found.start() + len(found[1]) + 1] - start_s
    frequency_hz = float(np.interp(start_s, np.arange(len(mains_hz)), mains_hz))
    cycles = np.floor(wanted_s * frequency_hz) + _PHASE_BREAK_CYCLES
    at, count = round(start_s * SAMPLE_RATE_HZ), round(cycles / frequency_hz * SAMPLE_RATE_HZ)
    sound = np.concatenate([whole.sound[:at], whole.sound[at + count :]])
    gone_s = count / SAMPLE_RATE_HZ
    left = Sentence(_CUT.sub("", marked), sentence.start_s, sentence.end_s - gone_s, {})
    later = [other.moved(-gone_s) for other in whole.sentences[index + 1 :]]
    broken = (count / SAMPLE_RATE_HZ * frequency_hz) % 1.0
    cut = Cut(at, count, found[1], round(broken, 3))
    return Spoken(sound, [*whole.sentences[:index], left, *later]), cut
