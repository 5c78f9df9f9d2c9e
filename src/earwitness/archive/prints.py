"""The fine print: 31 signs every 32 ms, kept whole for every recording of an archive.

A sign says whether the step from one band to the next grew or shrank within 32 ms. What
was found by landmarks is settled on these: the questioned sound's own numbers are weighed with the
signs that stand in the archive, frame by frame, and lined up to 16 ms.

Source: Haitsma and Kalker 2002 (the sign of the difference along both axes); here the query's side
is not quantised, so that what noise has made uncertain weighs little.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.ndimage import uniform_filter1d

from earwitness.archive.spectrum import BANDS, Floats

Prints = npt.NDArray[np.uint32]
Signs = npt.NDArray[np.int8]

PRINT_STEP = 2  # frames between two prints: 32 ms
SIGNS = BANDS - 1
_LAG_FRAMES = 2
_SMOOTH_FRAMES = 3
_LARGEST_WEIGHT = 2.0


def differences(picture: Floats) -> Floats:
    """How the step between neighbouring bands changes within 32 ms [shape=(frames, 31)]."""
    if picture.shape[0] == 0:
        return np.zeros((0, SIGNS), np.float32)
    step = picture[:, 1:] - picture[:, :-1]
    padded = np.concatenate([step[:1], step, step[-1:]])
    smooth = padded[:-2] + padded[1:-1] + padded[2:]
    result = np.zeros_like(step)
    result[_LAG_FRAMES:] = (smooth[_LAG_FRAMES:] - smooth[:-_LAG_FRAMES]) / _SMOOTH_FRAMES
    return result


def prints_of(picture: Floats) -> Prints:
    """The prints of a picture [shape=(ceil(frames / 2),)]."""
    return packed(differences(picture)[::PRINT_STEP])


def packed(differences: Floats) -> Prints:
    """The signs of differences, one print a row [shape=(n,)]."""
    positive = np.zeros((differences.shape[0], BANDS), np.bool_)
    positive[:, :SIGNS] = differences > 0
    octets = np.packbits(positive, axis=1, bitorder="little")
    return np.ascontiguousarray(octets).view("<u4").reshape(-1).astype(np.uint32)


def signs_of(prints: Prints) -> Floats:
    """The signs in prints, as -1 and +1 [shape=(n, 31)]."""
    octets = np.ascontiguousarray(prints.astype("<u4")).view(np.uint8).reshape(-1, 4)
    bits = np.unpackbits(octets, axis=1, bitorder="little")[:, :SIGNS]
    return bits.astype(np.float32) * 2 - 1


def weights(picture: Floats) -> Floats:
    """The query's side of a comparison: differences over their local size, bounded [shape=(frames, 31)]."""
    return weighed(differences(picture))


def weighed(raw: Floats) -> Floats:
    """Differences over their local size, bounded [shape=(frames, 31)]."""
    size = uniform_filter1d(np.abs(raw).mean(axis=1), 63, mode="nearest")
    return np.clip(raw / np.maximum(size, 1e-3)[:, None], -_LARGEST_WEIGHT, _LARGEST_WEIGHT)
