"""Quotation checking on seeded quotations: is the verdict right, and is the time within a second?

    .venv/bin/python bench/said_quotes.py

A tape is made of the sentences of the demo's messages: its words get times of their own (by
letters, spread by a log-normal factor of 30 %, with pauses), of which the transcript keeps only those
of its sentences. A second transcript stands for an original in another language, of which the first is the
translation. Each seed gives 40 quotations of each kind, of 5 to 14 words:

- exact: as said, with case and punctuation changed;
- shortened: 2 to 10 words within it left out, with dots;
- altered: two words put for others of the messages' vocabulary;
- invented: sentences of other persons of the demo, and words of the vocabulary at random;
- translated: exact quotations of the translation, while the original is in another script.
"""

from __future__ import annotations

import random
import re
import sys
from pathlib import Path

from earwitness.examinations.quotes import Verdict, quotes_v1, verdict_of
from earwitness.transcripts import Segment, Transcript
from earwitness.transcripts.alignment import Spoken, best_fit, quoted_words, spoken
from earwitness.transcripts.folding import folded_words

TEXTS = Path(__file__).parent.parent / "demo" / "texts"
EACH = 40
SEEDS = 5
ARABIC = "ابتثجحخدذرزسشصضطظعغفقكلمنهوي"
EXPECTED = {
    "exact": Verdict.FULL,
    "shortened": Verdict.SHORTENED,
    "altered": Verdict.ALTERED,
    "invented": Verdict.NOT_FOUND,
    "translated": Verdict.FULL,
}


def sentences(*names: str) -> list[str]:
    """The sentences of some of the demo's texts, each once, without what is a note to their maker."""
    lines = [line for name in names for line in (TEXTS / f"{name}.txt").read_text().splitlines()]
    plain = [
        re.sub(r"\[\[.*?\]\]\s*", "", line).strip() for line in lines if line[:1] not in ("#", "@")
    ]
    return list(dict.fromkeys(line for line in plain if line))


class Tape:
    """Sentences with true times of words, and the transcript that keeps only those of sentences."""

    def __init__(self, said: list[str], chance: random.Random) -> None:
        self.words: list[tuple[str, float, float]] = []
        segments, at = [], 0.0
        for sentence in said:
            begin = at
            for word in sentence.split():
                length = 0.075 * (len(word) + 1) * chance.lognormvariate(0, 0.3)
                self.words.append((word, at, at + length))
                at += length + (0.25 if word[-1] in ",;" else 0.0)
            segments.append(Segment(begin, at, sentence))
            at += 0.6
        self.transcript = Transcript(tuple(segments), language="en")

    def foreign(self) -> Transcript:
        """The same in a made-up language in Arabic script: one word for each."""
        known: dict[str, str] = {}
        segments = []
        for segment in self.transcript.segments:
            for word in folded_words(segment.text):
                letters = random.Random(word).choices(ARABIC, k=max(2, len(word)))
                known.setdefault(word, "".join(letters))
            text = " ".join(known[word] for word in folded_words(segment.text))
            segments.append(Segment(segment.start_s, segment.end_s, text))
        return Transcript(tuple(segments), language="und")


def seeded(
    kind: str, tape: Tape, others: list[str], chance: random.Random
) -> tuple[str, float | None]:
    """A quotation of a kind, and the second at which it begins on the tape."""
    vocabulary = sorted({word.strip(".,;") for word, _, _ in tape.words})
    if kind == "invented":
        if chance.random() < 0.5:
            return chance.choice(others), None
        return " ".join(chance.choices(vocabulary, k=chance.randint(5, 14))), None
    length = chance.randint(8 if kind == "shortened" else 5, 14)
    first = chance.randrange(len(tape.words) - length - 12)
    part = tape.words[first : first + length]
    words = [word for word, _, _ in part]
    if kind == "exact":
        words = [words[0].upper(), *words[1:-1], words[-1].strip(".,;") + "!"]
    if kind == "shortened":
        cut = chance.randint(2, min(10, length - 4))
        at = chance.randint(2, length - cut - 2)
        words = [*words[:at], chance.choice(["…", "...", "[...]"]), *words[at + cut :]]
    if kind == "altered":
        for at in chance.sample(range(length), 2):
            words[at] = chance.choice(
                [w for w in vocabulary if folded_words(w) != folded_words(words[at])]
            )
    return " ".join(words), part[0][1]


def check(text: str, sources: list[Spoken]) -> tuple[Verdict, float]:
    """What the examination makes of a quotation."""
    defaults = quotes_v1.defaults
    fits = [fit for source in sources if (fit := best_fit(quoted_words(text), source))]
    fit = min(fits, key=lambda each: each.cost)
    limits = int(defaults["min_words_altered"]), float(defaults["max_cost"])
    return verdict_of(fit, *limits), fit.start_s


def main() -> int:
    """Print the table, and what was wrong."""
    said = sentences("questioned", "release_2031", "release_2032")
    others = [
        line
        for line in sentences("known_1", "known_2", "impostor", "population")
        if line not in said
    ]
    right = dict.fromkeys(EXPECTED, 0)
    errors: dict[str, list[float]] = {kind: [] for kind in EXPECTED}
    wrong: list[str] = []
    for seed in range(SEEDS):
        chance = random.Random(seed)
        tape = Tape(said, chance)
        plain, foreign = spoken(tape.transcript), spoken(tape.foreign())
        for kind, expected in EXPECTED.items():
            sources = [foreign, plain] if kind == "translated" else [plain]
            for _ in range(EACH):
                text, start_s = seeded(kind, tape, others, chance)
                verdict, found_s = check(text, sources)
                right[kind] += verdict is expected
                if verdict is not expected:
                    wrong.append(f"{kind}, called {verdict}: {text}")
                elif start_s is not None:
                    errors[kind].append(abs(found_s - start_s))
    count = EACH * SEEDS
    print(f"{'kind':12}{'right':>12}{'within 1 s':>14}{'largest error s':>17}")
    for kind in EXPECTED:
        near = sum(error <= 1.0 for error in errors[kind])
        times = f"{near} of {len(errors[kind])}" if errors[kind] else "-"
        largest = f"{max(errors[kind]):.2f}" if errors[kind] else "-"
        print(f"{kind:12}{f'{right[kind]} of {count}':>12}{times:>14}{largest:>17}")
    print(*wrong, sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
