#!/usr/bin/env python3
"""Make the demo's sounds, transcripts and grid record, and the truth of what is planted.

    python demo/make_sounds.py             make everything anew, in place
    python demo/make_sounds.py --check     make it in a temporary folder and say what differs

Needs espeak-ng (its library) and earwitness's own dependencies. One version of espeak-ng and PyAV
gives the same bytes each time. Another version speaks a little faster or slower and codes other
bytes, so --check compares durations and the truth within tolerances, and reports bytes only as a
remark.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import av
from making.codecs import (
    AAC,
    MP3_64,
    MP3_BROADCAST,
    OPUS_BROADCAST,
    OPUS_MESSAGE,
    OPUS_SMALL,
    Coding,
    decode,
    encode,
)
from making.message import (
    HARMONICS_DB,
    HUM_BELOW_SPEECH_DB,
    Message,
    Spoken,
    lines_of,
    make_message,
)
from making.people import MESSAGE, OTHERS, RECORDINGS, SPEAKERS
from making.studio import mains_day_hz, quiet_dbfs, record, speech_dbfs
from making.voice import SAMPLE_RATE_HZ, Sentence, Sound, Synthesizer, speak

Truth = dict[str, Any]
HERE = Path(__file__).resolve().parent
DAY = datetime(2033, 4, 12, tzinfo=UTC)
HUM_STARTS = DAY + timedelta(hours=19, minutes=42, seconds=10)
DAY_S = 86_400
CLIP_S = 12
CODINGS: dict[str, Coding] = {
    "known_1.m4a": AAC,
    "known_2.mp3": MP3_BROADCAST,
    "release_2031.mp3": MP3_BROADCAST,
    "release_2032.ogg": OPUS_BROADCAST,
    "impostor.opus": OPUS_MESSAGE,
}
TRANSCRIBED = ("release_2031.mp3", "release_2032.ogg")
DURATION_TOLERANCE = 0.03  # of the duration: versions of espeak-ng differ by about so much
PLACE_TOLERANCE_S = 6.0


def main() -> int:
    """Make, or check, and say so."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="re-make elsewhere and compare")
    if not parser.parse_args().check:
        truth = make(HERE)
        print(f"made {len(truth['sounds'])} sounds in {HERE / 'sounds'}")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder))
        differences, remarks = compare(HERE, Path(folder))
    for line in remarks:
        print("remark:", line)
    for line in differences:
        print("DIFFERS:", line)
    print("compared: durations, and the places of what is planted; bytes are not expected to agree")
    return 1 if differences else 0


def make(folder: Path) -> Truth:
    """Make everything under a folder; give the truth that was also written there."""
    for name in ("sounds/population", "transcripts", "grid"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    synthesizer = Synthesizer()
    mains_hz = mains_day_hz(seconds=DAY_S, seed=2033)
    _write_grid(folder / "grid" / "mains.csv", mains_hz)
    spoken = {name: _recording(synthesizer, name) for name in CODINGS}
    for name, one in spoken.items():
        encode(one.sound, folder / "sounds" / name, CODINGS[name])
    message = make_message(
        synthesizer,
        lines_of(HERE / "texts" / "questioned.txt"),
        *MESSAGE,
        releases={Path(name).stem: one for name, one in spoken.items()},
        mains_hz=mains_hz[int((HUM_STARTS - DAY).total_seconds()) :],
        seed=14,
    )
    _code_twice(message.spoken.sound, folder)
    _population(synthesizer, folder / "sounds" / "population")
    spoken["questioned.opus"] = message.spoken
    for name in ("questioned.opus", *TRANSCRIBED):
        subtitles = folder / "transcripts" / Path(name).with_suffix(".srt").name
        subtitles.write_text(as_srt(spoken[name].sentences), "utf-8")
    truth = _truth(folder, message, synthesizer.version)
    (folder / "truth.json").write_text(json.dumps(truth, indent=2, ensure_ascii=False) + "\n")
    return truth


def compare(committed: Path, made: Path) -> tuple[list[str], list[str]]:
    """What differs between two makings beyond what versions explain, and what is a mere remark."""
    old = json.loads((committed / "truth.json").read_text("utf-8"))
    new = json.loads((made / "truth.json").read_text("utf-8"))
    differences, remarks = [], []
    if old["made_with"] != new["made_with"]:
        remarks.append(f"made with {new['made_with']}, committed ones with {old['made_with']}")
    if set(old["sounds"]) != set(new["sounds"]):
        differences.append(f"sounds: {sorted(set(old['sounds']) ^ set(new['sounds']))}")
    for name in sorted(set(old["sounds"]) & set(new["sounds"])):
        before, after = old["sounds"][name], new["sounds"][name]
        if (
            abs(before["duration_s"] - after["duration_s"])
            > DURATION_TOLERANCE * before["duration_s"]
        ):
            differences.append(f"{name}: {before['duration_s']} s, now {after['duration_s']} s")
        if before["sha256"] != after["sha256"]:
            remarks.append(f"{name}: other bytes")
    for what, key in (("recycled", "start_s"), ("recycled", "source_start_s"), ("edit", "at_s")):
        before, after = old["questioned"][what][key], new["questioned"][what][key]
        if abs(before - after) > PLACE_TOLERANCE_S:
            differences.append(f"{what}.{key}: {before} s, now {after} s")
    if (committed / "grid/mains.csv").read_bytes() != (made / "grid/mains.csv").read_bytes():
        differences.append("grid/mains.csv, which needs no espeak-ng")
    return differences, remarks


def as_srt(sentences: Sequence[Sentence]) -> str:
    """Sentences as SubRip subtitles."""
    blocks = []
    for number, sentence in enumerate(sentences, start=1):
        times = f"{_clock(sentence.start_s)} --> {_clock(sentence.end_s)}"
        blocks.append(f"{number}\n{times}\n{sentence.text}\n")
    return "\n".join(blocks)


def _clock(seconds: float) -> str:
    milliseconds = round(seconds * 1000)
    minutes, milliseconds = divmod(milliseconds, 60_000)
    whole, milliseconds = divmod(milliseconds, 1000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{whole:02d},{milliseconds:03d}"


def _recording(synthesizer: Synthesizer, name: str) -> Spoken:
    stem = Path(name).stem
    voice, room = RECORDINGS[stem]
    voiced, sentences = speak(
        synthesizer, lines_of(HERE / "texts" / f"{stem}.txt"), voice, seed=room.seed
    )
    return Spoken(record(voiced, room), sentences)


def _code_twice(sound: Sound, folder: Path) -> None:
    first = folder / "sounds" / "first_generation.mp3.tmp"
    encode(sound, first, MP3_64)
    encode(decode(first)[: len(sound)], folder / "sounds" / "questioned.opus", OPUS_MESSAGE)
    first.unlink()


def _population(synthesizer: Synthesizer, folder: Path) -> None:
    lines = lines_of(HERE / "texts" / "population.txt")
    for number, (voice, room) in enumerate(OTHERS, start=1):
        chosen = [lines[(5 * number + step) % len(lines)] for step in (0, 1)]
        voiced, _ = speak(synthesizer, chosen, voice, seed=room.seed, lead_s=0.3)
        clip = record(voiced, room)[: CLIP_S * SAMPLE_RATE_HZ]
        encode(clip, folder / f"{number:02d}.opus", OPUS_SMALL)


def _write_grid(path: Path, mains_hz: Sound) -> None:
    rows = [
        f"{DAY + timedelta(seconds=second):%Y-%m-%dT%H:%M:%SZ},{hertz:.3f}"
        for second, hertz in enumerate(mains_hz)
    ]
    path.write_text("\n".join(["utc,frequency_hz", *rows]) + "\n", "ascii")


def _truth(folder: Path, message: Message, espeak_ng: str) -> Truth:
    files = sorted(path for path in (folder / "sounds").rglob("*") if path.is_file())
    return {
        "fiction": "Every person, place, movement, date and event is invented.",
        "made_with": {"espeak-ng": espeak_ng, "PyAV": av.__version__},
        "sounds": {path.relative_to(folder / "sounds").as_posix(): _facts(path) for path in files},
        "questioned": _planted(message),
        "articles": json.loads((HERE / "texts" / "articles.json").read_text("utf-8")),
    }


def _facts(path: Path) -> Truth:
    sound = decode(path)
    name = f"population/{path.stem}" if path.parent.name == "population" else path.stem
    return {
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "bytes": path.stat().st_size,
        "duration_s": round(len(sound) / SAMPLE_RATE_HZ, 3),
        "speech_dbfs": round(speech_dbfs(sound), 1),
        "quiet_dbfs": round(quiet_dbfs(sound), 1),
        "speaker": SPEAKERS.get(name, name),
    }


def _planted(message: Message) -> Truth:
    paste, cut = message.paste, message.cut
    hertz = float(SAMPLE_RATE_HZ)
    return {
        "recycled": {
            "start_s": round(paste.start / hertz, 4),
            "end_s": round((paste.start + paste.count) / hertz, 4),
            "source": f"{paste.source}.mp3",
            "source_start_s": round(paste.source_start / hertz, 4),
            "source_end_s": round((paste.source_start + paste.count) / hertz, 4),
        },
        "edit": {
            "at_s": round(cut.at / hertz, 4),
            "deleted_s": round(cut.count / hertz, 4),
            "deleted_words": cut.words,
            "phase_break_cycles": cut.phase_break_cycles,
        },
        "hum": {
            "nominal_hz": 50.0,
            "record": "grid/mains.csv",
            "starts_utc": HUM_STARTS.isoformat(),
            "jumps_at_edit_s": round(cut.count / hertz, 4),
            "below_speech_db": HUM_BELOW_SPEECH_DB,
            "harmonics_db": {str(50 * number): level for number, level in HARMONICS_DB.items()},
            "dbfs_before_coding": round(message.hum_dbfs, 1),
        },
        "generations": ["MP3, 64 kbit/s, 48 kHz", "Opus, 24 kbit/s, 48 kHz"],
    }


if __name__ == "__main__":
    sys.exit(main())
