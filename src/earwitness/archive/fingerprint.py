"""From a file to what an archive keeps of it; the work that a build shares out over the cores."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from earwitness.archive import landmarks
from earwitness.archive.prints import PRINT_STEP, prints_of
from earwitness.archive.segment import Fingerprint, Known
from earwitness.archive.spectrum import BANDS, FRAME_S, SAMPLE_RATE_HZ, Floats, pictures
from earwitness.errors import EarwitnessError
from earwitness.evidence.decode import decode, probe, resampled


@dataclass(frozen=True, slots=True)
class NotTaken:
    """A file that is not in the archive, and why."""

    path: str
    reason: str


def sha256_of(path: Path) -> str:
    """The hash of a file's bytes, which is what a recording goes by."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fingerprint_file(path: Path, sha256: str) -> Fingerprint | NotTaken:
    """Take the fingerprint of a file; a file that cannot be decoded is told, not raised."""
    try:
        rate_hz = probe(path).sample_rate_hz
        sound = resampled(decode(path), from_hz=rate_hz, to_hz=SAMPLE_RATE_HZ)
        return fingerprint(sound, sha256=sha256, name=path.name)
    except (EarwitnessError, OSError) as error:
        return NotTaken(str(path), str(error))


def fingerprint(sound: Iterator[Floats], *, sha256: str, name: str) -> Fingerprint:
    """Take the fingerprint of mono sound at 8 kHz that comes in blocks."""
    keys, patches, prints = [], [], []
    frames = 0
    held = np.zeros((0, BANDS), np.float32)  # the end of what came before, at a multiple of a step
    base = 0
    for piece in pictures(sound):
        frames += piece.shape[0]
        held = np.concatenate([held, piece])
        found, places = _landmarks(held)
        keys.append(found)
        patches.append(places + np.uint32(base // landmarks.ARCHIVE_STEP))
        prints.append(_new_prints(held, before=frames - piece.shape[0] - base))
        used = landmarks.patch_count(held.shape[0]) * landmarks.ARCHIVE_STEP
        # Keep enough for the next patch and for the prints' smoothing, from an even frame on.
        drop = max(0, min(used, held.shape[0] - 8) // 4 * 4)
        held, base = held[drop:], base + drop
    known = Known(sha256, name, round(frames * FRAME_S, 3), frames)
    return Fingerprint(known, _join(keys), _join(patches), _join(prints)[: known.prints])


def _landmarks(picture: Floats) -> tuple[landmarks.Keys, landmarks.Keys]:
    step = landmarks.ARCHIVE_STEP
    worth = landmarks.informative(picture, step=step)
    found = landmarks.keys_of(landmarks.margins(picture, step=step))
    return found[worth], np.flatnonzero(worth).astype(np.uint32)


def _new_prints(picture: Floats, *, before: int) -> landmarks.Keys:
    """Prints of the frames from ``before`` on, with what came before them at hand."""
    return prints_of(picture)[-(-before // PRINT_STEP) :]


def _join(arrays: list[landmarks.Keys]) -> landmarks.Keys:
    return np.concatenate(arrays) if arrays else np.zeros(0, np.uint32)
