"""Resemblyzer beside the embedded system: the same people and conditions, vectors from its own weights.

Resemblyzer (PyPI, Apache-2.0) brings its weights in its wheel; it lives in an environment of its own,
named by ``--python``. Its vectors are scored and calibrated just as those of the embedded system are.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
from who_half import Bench, half
from who_trials import tried

from earwitness.voices.mel import STEP_SAMPLES, Floats

FRAME = STEP_SAMPLES
_THERE = """
import sys
import numpy as np
from resemblyzer import VoiceEncoder
from resemblyzer.audio import normalize_volume
encoder = VoiceEncoder("cpu", verbose=False)
with np.load(sys.argv[1]) as given:
    vectors = [
        encoder.embed_utterance(normalize_volume(given[name], -30, increase_only=True))
        for name in given.files
    ]
np.save(sys.argv[2], np.stack(vectors))
"""


@dataclass
class Peer:
    """An embedder whose features are the samples, 160 a row, and whose vectors come from there."""

    python: Path
    folder: Path
    name: str = "resemblyzer 0.1.4"
    key: str = "resemblyzer"
    _known: dict[bytes, Floats] = field(default_factory=dict)

    def features(self, signal: Floats, in_speech: npt.NDArray[np.bool_]) -> Floats:
        """The samples of the speech [shape=(frames, 160)]."""
        rows = signal[: signal.size // FRAME * FRAME].reshape(-1, FRAME)
        count = min(len(rows), len(in_speech))
        return rows[:count][in_speech[:count]]

    def ready(self, background: Sequence[Floats]) -> Peer:
        return self

    def vectors(self, pieces: Sequence[Floats]) -> Floats:
        new = {piece.tobytes(): piece for piece in pieces if piece.tobytes() not in self._known}
        if new:
            given, got = self.folder / "pieces.npz", self.folder / "vectors.npy"
            numbered = {
                f"{number:06d}": piece.reshape(-1) for number, piece in enumerate(new.values())
            }
            np.savez(given, **numbered)
            command = [str(self.python), "-c", _THERE, str(given), str(got)]
            subprocess.run(command, check=True)
            for key, vector in zip(new, np.load(got), strict=True):
                self._known[key] = vector.astype(np.float32)
        return np.stack([self._known[piece.tobytes()] for piece in pieces])


def run(bench: Bench, name: str, lengths: list[float], python: Path, folder: Path) -> None:
    """The matched rows of one condition, with the peer's vectors."""
    rows = folder / "peer.jsonl"
    for number, population, test in bench.halves():
        peer = Peer(python, folder)
        _, parts, sides = half(bench, name, population, test, lambda *_, peer=peer: peer)
        for length_s, row in tried(peer, parts["matched"][0](), sides, lengths).items():
            row |= {
                "condition": name,
                "length_s": length_s,
                "calibrated": "matched",
                "half": number,
            }
            with rows.open("a") as file:
                file.write(json.dumps(row) + "\n")
            print("resemblyzer", name, length_s, number, flush=True)
