"""The same sentence said again by a synthetic voice: what of it comes out as the same recording.

    python bench/heard_synthetic.py

espeak-ng says the demo's sentences one after the other, which makes the archive, and again in another
order between other sentences, which makes the query: nothing in it is a copy. It needs no data.
"""

from __future__ import annotations

import io
import subprocess
import tempfile
import wave
from pathlib import Path

import numpy as np
import soxr

from earwitness.archive import index, segment
from earwitness.archive.background import REFERENCE
from earwitness.archive.fingerprint import fingerprint
from earwitness.archive.index import Archive
from earwitness.archive.joining import FAINT
from earwitness.archive.search import DEFAULT_ERROR, search
from earwitness.archive.spectrum import SAMPLE_RATE_HZ, Floats

TEXTS = Path(__file__).parents[1] / "demo" / "texts"
SAID_AGAIN = ("release_2031.txt", "release_2032.txt")
BETWEEN = ("known_1.txt", "known_2.txt")
SETTINGS = {
    "the same settings": (),
    "slower, 160 words a minute for 175": ("-s", "160"),
    "higher, pitch 60 for 50": ("-p", "60"),
    "another voice, en-us for en": ("-v", "en-us"),
}


def main() -> None:
    wanted, between = sentences(SAID_AGAIN), sentences(BETWEEN)
    archive_sound = np.concatenate([say(text) for text in wanted])
    print(f"{len(wanted)} sentences of two seconds or more.\n")
    print(
        "| said again with | found | agreement, median (lowest, highest) | not faint |\n|---|---|---|---|"
    )
    with tempfile.TemporaryDirectory(prefix="earwitness-synthetic-") as name:
        archive = archived(archive_sound, Path(name))
        for setting, options in SETTINGS.items():
            agreements = said_again(wanted, between, options, archive)
            low, middle, high = np.quantile(agreements, [0.0, 0.5, 1.0])
            clear = int((np.array(agreements) >= FAINT).sum())
            print(
                f"| {setting} | {len(agreements)} of {len(wanted)} | {middle:.2f} ({low:.2f}, "
                f"{high:.2f}) | {clear} |"
            )


def said_again(
    wanted: list[str], between: list[str], options: tuple[str, ...], archive: Archive
) -> list[float]:
    """The best agreement within each sentence that was found."""
    parts, spans, at = [], [], 0
    for number, text in enumerate(reversed(wanted)):
        parts += [say(between[number % len(between)], *options), say(text, *options)]
        start = at + parts[-2].size
        at = start + parts[-1].size
        spans.append((start / SAMPLE_RATE_HZ, at / SAMPLE_RATE_HZ))
    found = search(
        [np.concatenate(parts)], archive, background=REFERENCE, most_probable_error=DEFAULT_ERROR
    )
    agreements = []
    for start_s, end_s in spans:
        inside = [
            stretch.agreement
            for stretch in found
            if start_s - 0.5 < (stretch.here_start_s + stretch.here_end_s) / 2 < end_s + 0.5
        ]
        if inside:
            agreements.append(max(inside))
    return agreements


def sentences(names: tuple[str, ...]) -> list[str]:
    """Sentences of about two seconds or more."""
    texts = (" ".join((TEXTS / name).read_text().split()) for name in names)
    return [part for text in texts for part in text.split(". ") if len(part) > 40]


def say(text: str, *options: str) -> Floats:
    done = subprocess.run(
        ["espeak-ng", "-v", "en", *options, "--stdout", text], capture_output=True, check=True
    )
    with wave.open(io.BytesIO(done.stdout)) as file:
        rate_hz = file.getframerate()
    pcm = np.frombuffer(done.stdout[44:][: (len(done.stdout) - 44) // 2 * 2], "<i2")
    return np.asarray(soxr.resample(pcm.astype(np.float32) / 32_768, rate_hz, SAMPLE_RATE_HZ))


def archived(sound: Floats, folder: Path) -> Archive:
    made = fingerprint(iter([sound]), sha256="0" * 64, name="said before")
    with index.changing(folder):
        written = segment.write(index.folder_of_segments(folder), [made])
        index.write_manifest(folder, index.Manifest(segments=(index.listed(*written),)))
    return index.open_archive(folder)


if __name__ == "__main__":
    main()
