"""Makes ``src/earwitness/signal/mpeg_window.npy``: the window of MPEG audio's polyphase filterbank.

    python bench/mpeg_window.py

The standard gives the window as a table. Here it is measured: frames of MPEG-1 Layer I that hold
one sample in one of the 32 bands are written bit by bit and decoded by FFmpeg. What comes out is the
window times a known cosine; the 32 answers together give every value, in units of 2^-16.
"""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np

from earwitness.signal import mdct

FRAME_BYTES, BITS = 384, 15  # of Layer I at 384 kbit/s and 48 kHz
FULL = (2**BITS - 2) / (2**BITS - 1)  # the largest sample that can be written


def frame(band: int | None) -> bytes:
    """A frame whose first sample of a band is as large as can be, and all others zero."""
    bits: list[int] = []

    def put(value: int, count: int) -> None:
        bits.extend(value >> shift & 1 for shift in range(count - 1, -1, -1))

    for value, count in (
        (0xFFF, 12),
        (1, 1),
        (3, 2),
        (1, 1),
        (12, 4),
        (1, 2),
        (0, 2),
        (3, 2),
        (0, 6),
    ):
        put(value, count)  # the header: Layer I, 384 kbit/s, 48 kHz, one channel
    for index in range(32):
        put(BITS - 1 if index == band else 0, 4)
    if band is not None:
        put(3, 6)  # a scale factor of 1
        zero = 2 ** (BITS - 1) - 1
        for slot in range(12):
            put(2 * zero if slot == 0 else zero, BITS)
    return np.packbits(np.array(bits + [0] * (8 * FRAME_BYTES - len(bits)), np.uint8)).tobytes()


def answer(band: int) -> np.ndarray:
    """What FFmpeg makes of it [shape=(512,)]."""
    decoder = av.codec.CodecContext.create("mp1float", "r")
    frames = [frame(None), frame(None), frame(band), frame(None), frame(None)]
    parts = [out.to_ndarray()[0] for one in frames for out in decoder.decode(av.Packet(one))]
    return np.concatenate(parts)[2 * 384 :][:512]


def main() -> None:
    at = np.arange(512)
    cosines = np.cos((2 * np.arange(32)[:, None] + 1) * (at + 16) * np.pi / 64)
    answers = np.stack([answer(band) for band in range(32)]) / FULL
    window = (answers * cosines).sum(0) / np.maximum((cosines**2).sum(0), 1e-9)
    unseen = np.arange(16, 512, 64)  # all cosines are zero there; the window is the same backwards
    window[unseen] = window[512 - unseen]
    units = window * 2**16
    whole = np.rint(units).astype(np.int32)
    print("furthest from a whole number:", np.abs(units - whole).max())
    print("furthest from an answer:", np.abs(answers - whole / 2**16 * cosines).max())
    assert np.array_equal(whole[1:], whole[:0:-1])
    np.save(Path(mdct.__file__).with_name("mpeg_window.npy"), whole, allow_pickle=False)


if __name__ == "__main__":
    main()
