"""The demo's committed material: it is there, it is small, and its truth is true."""

from __future__ import annotations

import hashlib
import html
import itertools
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import signal

from earwitness.evidence.decode import DecodeNotes, decode, decode_mono

DEMO = Path(__file__).resolve().parents[1] / "demo"
TRUTH: dict[str, Any] = json.loads((DEMO / "truth.json").read_text("utf-8"))
NAMED = (
    "questioned.opus",
    "known_1.m4a",
    "known_2.mp3",
    "release_2031.mp3",
    "release_2032.ogg",
    "impostor.opus",
)
SOUNDS = (*NAMED, *(f"population/{number:02d}.opus" for number in range(1, 25)))
TRANSCRIPTS = {
    "questioned.srt": "questioned.opus",
    "release_2031.srt": "release_2031.mp3",
    "release_2032.srt": "release_2032.ogg",
}
RATE_HZ = 8_000
_SRT_TIME = re.compile(r"(\d\d):(\d\d):(\d\d),(\d\d\d)")


def _subtitles(name: str) -> list[tuple[float, float, str]]:
    blocks = (DEMO / "transcripts" / name).read_text("utf-8").strip().split("\n\n")
    parsed = []
    for number, block in enumerate(blocks, start=1):
        index, times, text = block.split("\n")
        assert int(index) == number
        start_s, end_s = (
            int(h) * 3600 + int(m) * 60 + int(s) + int(ms) / 1000
            for h, m, s, ms in _SRT_TIME.findall(times)
        )
        parsed.append((start_s, end_s, text))
    return parsed


def _article_text(name: str) -> str:
    page = (DEMO / "articles" / name).read_text("utf-8")
    article = re.search(r"<article>(.*)</article>", page, re.DOTALL)
    assert article is not None
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", article[1])).split())


def _sound(name: str) -> np.ndarray[Any, np.dtype[np.float32]]:
    return decode_mono(DEMO / "sounds" / name, sample_rate_hz=RATE_HZ)


def test_the_folder_holds_just_the_sounds_that_the_truth_names() -> None:
    """No sound is missing and none is there that nobody vouches for."""
    folder = DEMO / "sounds"
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert there == set(SOUNDS) == set(TRUTH["sounds"])


@pytest.mark.parametrize("name", SOUNDS)
def test_a_sound_has_the_hash_and_duration_that_the_truth_states(name: str) -> None:
    """Each sound's bytes are those that were made, and decode to the stated length."""
    path, facts = DEMO / "sounds" / name, TRUTH["sounds"][name]
    assert hashlib.sha256(path.read_bytes()).hexdigest() == facts["sha256"]
    notes = DecodeNotes()
    seconds = sum(block.floats.shape[1] for block in decode(path, notes=notes))
    rate_hz = {"known_1.m4a": 32_000, "known_2.mp3": 24_000, "release_2031.mp3": 24_000}
    assert seconds / rate_hz.get(name, 48_000) == pytest.approx(facts["duration_s"], abs=0.05)
    assert (notes.errors, notes.not_finite, notes.changes) == (0, 0, [])


def test_the_sounds_are_small() -> None:
    """All sounds together stay under 3 MB and the grid record under 2.5 MB."""
    sizes = [(DEMO / "sounds" / name).stat().st_size for name in SOUNDS]
    assert sum(sizes) < 3_000_000
    assert (DEMO / "grid" / "mains.csv").stat().st_size < 2_500_000


def test_the_sounds_have_the_length_and_level_of_messages() -> None:
    """The message lasts about three minutes, and speech stands between -26 and -20 dBFS."""
    durations = {name: TRUTH["sounds"][name]["duration_s"] for name in NAMED}
    assert 150 < durations.pop("questioned.opus") < 200
    assert all(50 < seconds < 100 for seconds in durations.values())
    for name in NAMED:
        pieces = _sound(name)[: -(RATE_HZ // 10)]
        pieces = pieces[: len(pieces) // 160 * 160].reshape(-1, 160)
        power = np.mean(pieces.astype(float) ** 2, axis=1)
        loud = power[power > np.percentile(power, 95) * 10**-2.5]
        assert -26 < 10 * np.log10(loud.mean()) < -20


def test_the_recycled_passage_is_that_of_the_earlier_release() -> None:
    """The pasted passage correlates with its source at the stated place; another does not."""
    planted = TRUTH["questioned"]["recycled"]
    message, release = _sound("questioned.opus"), _sound(planted["source"])
    start, end = (round(planted[key] * RATE_HZ) for key in ("start_s", "end_s"))
    assert 10 < planted["end_s"] - planted["start_s"] < 14
    lag, strength = _best_lag(message[start:end], release)
    assert lag / RATE_HZ == pytest.approx(planted["source_start_s"], abs=0.002)
    assert strength > 0.9
    assert _best_lag(message[start - 20 * RATE_HZ : end - 20 * RATE_HZ], release)[1] < 0.2


def _best_lag(passage: np.ndarray[Any, Any], whole: np.ndarray[Any, Any]) -> tuple[int, float]:
    products = signal.correlate(whole, passage, mode="valid", method="fft")
    lag = int(np.argmax(np.abs(products)))
    there = whole[lag : lag + len(passage)]
    return lag, float(products[lag] / np.sqrt(np.sum(passage**2) * np.sum(there**2)))


def test_the_hum_follows_the_record_and_its_phase_breaks_at_the_edit() -> None:
    """Seen against the stated hours of the grid record, the hum stands still, but for the edit."""
    planted, edit = TRUTH["questioned"]["hum"], TRUTH["questioned"]["edit"]
    sound = _sound("questioned.opus")
    rows = (DEMO / planted["record"]).read_text("ascii").splitlines()[1:]
    starts = datetime.fromisoformat(planted["starts_utc"])
    first = int((starts - starts.replace(hour=0, minute=0, second=0)).total_seconds())
    track_hz = np.array([float(row.split(",")[1]) for row in rows[first : first + 240]])
    at_s = np.arange(len(sound)) / RATE_HZ
    cut = round(edit["at_s"] * RATE_HZ)
    told_s = at_s + np.where(np.arange(len(sound)) < cut, 0.0, planted["jumps_at_edit_s"])
    cycles = np.cumsum(np.interp(told_s, np.arange(240), track_hz)) / RATE_HZ
    for harmonic in (1, 2, 3):
        still = sound * np.exp(-2j * np.pi * harmonic * cycles)
        before, after = still[:cut].mean(), still[cut:].mean()
        elsewhere = (sound * np.exp(-2j * np.pi * harmonic * (cycles + 0.9 * at_s)))[:cut].mean()
        assert abs(before) > 5 * abs(elsewhere)
        jump = (np.angle(after / before) / (2 * np.pi) - harmonic * edit["phase_break_cycles"]) % 1
        assert min(jump, 1 - jump) < 0.06


def test_nothing_is_silent_at_the_edit() -> None:
    """The edit cannot be found by looking for a pause: speech runs on across it."""
    sound, at = _sound("questioned.opus"), round(TRUTH["questioned"]["edit"]["at_s"] * RATE_HZ)
    pieces = sound[at - 800 : at + 800].reshape(-1, 80).astype(float)
    quiet_dbfs = TRUTH["sounds"]["questioned.opus"]["quiet_dbfs"]
    assert (10 * np.log10(np.mean(pieces**2, axis=1)) > quiet_dbfs + 12).all()


@pytest.mark.parametrize("name", TRANSCRIPTS)
def test_a_transcript_lies_within_its_recording(name: str) -> None:
    """Subtitles are in order, do not overlap, and end before the recording does."""
    subtitles = _subtitles(name)
    times = [time for start_s, end_s, _ in subtitles for time in (start_s, end_s)]
    assert times == sorted(times)
    assert len(subtitles) >= 12
    assert times[-1] <= TRUTH["sounds"][TRANSCRIPTS[name]]["duration_s"]


@pytest.mark.parametrize("name", TRANSCRIPTS)
def test_a_transcript_has_its_times_from_the_speech(name: str) -> None:
    """The recording is loud where a sentence is said and quiet in the pauses between."""
    sound, subtitles = _sound(TRANSCRIPTS[name]), _subtitles(name)
    for (start_s, end_s, text), (next_s, _, _) in itertools.pairwise(subtitles):
        said = sound[round(start_s * RATE_HZ) : round(end_s * RATE_HZ)]
        pause = sound[round((next_s - 0.06) * RATE_HZ) : round(next_s * RATE_HZ)]
        assert np.mean(said**2) > 100 * np.mean(pause**2), text


def test_the_deleted_words_are_in_no_transcript() -> None:
    """The transcript is of what can be heard, and the pasted passage is in both its recordings."""
    said = {name: " ".join(text for _, _, text in _subtitles(name)) for name in TRANSCRIPTS}
    assert TRUTH["questioned"]["edit"]["deleted_words"] not in said["questioned.srt"]
    pasted = "We do not ask for the islands of other people"
    assert pasted in said["questioned.srt"]
    assert pasted in said["release_2031.srt"]


def test_the_grid_record_covers_its_day() -> None:
    """One row for every second of the day, near 50 Hz."""
    rows = (DEMO / "grid" / "mains.csv").read_text("ascii").splitlines()
    assert rows[0] == "utc,frequency_hz"
    times = [datetime.fromisoformat(row.split(",")[0]) for row in rows[1:]]
    assert times[0] == datetime(2033, 4, 12, tzinfo=UTC)
    assert {(b - a).total_seconds() for a, b in itertools.pairwise(times)} == {1.0}
    assert len(times) == 86_400
    hertz = np.array([float(row.split(",")[1]) for row in rows[1:]])
    assert 0.015 < hertz.std() < 0.03
    assert abs(hertz - 50).max() < 0.15


def test_the_articles_say_what_the_truth_says_they_say() -> None:
    """Every claim, date, copied passage and spelling stands word for word in its article."""
    articles = TRUTH["articles"]
    texts = {name: _article_text(name) for name in articles["published"]}
    for entry in articles["claims"] + articles["relative_dates"]:
        assert entry["verbatim"] in texts[entry["article"]]
    for copied in articles["copied"]:
        assert copied["verbatim"] in texts[copied["from"]]
        assert copied["verbatim"] in texts[copied["into"]]
    for spelling in articles["spellings"]["Zarmuth Qelwadi"]:
        assert any(spelling in text for text in texts.values())
    for text in texts.values():
        assert 300 <= len(text.split()) <= 450


def test_just_one_quotation_is_altered() -> None:
    """What is quoted stands in its article; what was really said, in its transcript."""
    quotations = TRUTH["articles"]["quotations"]
    for entry in quotations:
        said = " ".join(text for _, _, text in _subtitles(entry["said_in"]))
        assert entry["quoted"] in _article_text(entry["article"])
        assert entry["really"] in said
        assert (entry["quoted"] in said) is not entry["altered"]
    assert [entry["altered"] for entry in quotations].count(True) == 1


def test_the_articles_carry_their_dates_as_a_newspaper_does() -> None:
    """JSON-LD in each article parses, and its date is the one that the truth states."""
    for name, published in TRUTH["articles"]["published"].items():
        page = (DEMO / "articles" / name).read_text("utf-8")
        found = re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
        assert found is not None
        data = json.loads(found[1])
        entries = data.get("@graph", [data])
        dates = [entry["datePublished"] for entry in entries if "datePublished" in entry]
        assert [datetime.fromisoformat(date) for date in dates] == [
            datetime.fromisoformat(published)
        ]
