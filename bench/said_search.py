"""Search over many hours of transcripts: the time to the first page, on an index made here.

    .venv/bin/python bench/said_search.py [HOURS]

Transcripts are generated: words of a made-up vocabulary of 200,000, drawn by Zipf's law, half of it
in Arabic script with articles and conjunctions written together; 150 words a minute, segments of
ten words, transcripts of one hour. Queries are drawn from all ranks of frequency: single words,
pairs, phrases, openings, and parts of words that no word equals.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from earwitness.transcripts import Segment
from earwitness.transcripts.index import TranscriptIndex

WORDS_AN_HOUR = 9_000
A_SEGMENT = 10
VOCABULARY = 200_000
LATIN = "abcdefghijklmnopqrstuvwxyz"
ARABIC = "ابتثجحخدذرزسشصضطظعغفقكلمنهوي"


def vocabulary(random: np.random.Generator) -> list[str]:
    """Words of 2 to 10 letters; those of odd rank in Arabic script, a third with an article."""
    words: dict[str, None] = {}
    while len(words) < VOCABULARY:
        is_arabic = len(words) % 2 == 1
        letters = ARABIC if is_arabic else LATIN
        word = "".join(random.choice(list(letters), size=int(random.integers(3, 10))))
        if is_arabic and random.random() < 0.3:
            word = str(random.choice(["ال", "وال", "ب", "و"])) + word
        words[word] = None
    return list(words)


def transcripts(
    hours: int, words: list[str], random: np.random.Generator
) -> Iterator[list[Segment]]:
    """One transcript an hour."""
    weights = 1 / (np.arange(len(words)) + 2.7) ** 1.05
    ends = np.cumsum(weights) / weights.sum()
    for _ in range(hours):
        drawn = np.searchsorted(ends, random.random(WORDS_AN_HOUR))
        yield [
            Segment(4.0 * n, 4.0 * n + 3.9, " ".join(words[k] for k in drawn[at : at + A_SEGMENT]))
            for n, at in enumerate(range(0, WORDS_AN_HOUR, A_SEGMENT))
        ]


def queries(words: list[str], said: list[str], random: np.random.Generator) -> dict[str, list[str]]:
    """Twenty of each kind."""
    ranks = [int(10 ** random.uniform(0, 5.2)) for _ in range(20)]
    pairs = [(int(10 ** random.uniform(0, 4)), int(10 ** random.uniform(0, 4))) for _ in range(20)]
    texts = [said[int(random.integers(len(said)))].split() for _ in range(20)]
    return {
        "a word": [words[rank] for rank in ranks],
        "the 20 most frequent": words[:20],
        "two words": [f"{words[one]} {words[other]}" for one, other in pairs],
        "a phrase": [f'"{" ".join(text[2:6])}"' for text in texts],
        "an opening": [f"{words[rank][:3]}*" for rank in ranks],
        "a part of words": [words[rank][1:] for rank in ranks if len(words[rank]) > 5],
        "nothing like it": [f"{words[rank]}qqqq" for rank in ranks],
    }


def main() -> int:
    """Build, search, print."""
    hours = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    random = np.random.default_rng(1)
    words = vocabulary(random)
    said: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "said.index"
        started = time.perf_counter()
        with TranscriptIndex.new(path) as index:
            for number, segments in enumerate(transcripts(hours, words, random)):
                index.add(f"transcript {number}", segments)
                if number % 97 == 0:
                    said += [segment.text for segment in segments[::50]]
        took = time.perf_counter() - started
        size = path.stat().st_size / 1e6
        print(
            f"{hours} h, {hours * WORDS_AN_HOUR / 1e6:.1f} million words: "
            f"built in {took:.0f} s, {size:.0f} MB"
        )
        print(f"{'query':22}{'median ms':>10}{'slowest ms':>12}{'with hits':>11}")
        for kind, asked in queries(words, said, random).items():
            times, hits = [], 0
            for query in asked:
                started = time.perf_counter()
                with TranscriptIndex(path) as index:  # as a command does: opened for each query
                    hits += bool(index.search(query).hits)
                times.append(1000 * (time.perf_counter() - started))
            print(f"{kind:22}{np.median(times):10.1f}{max(times):12.1f}{hits:6d} of {len(asked)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
