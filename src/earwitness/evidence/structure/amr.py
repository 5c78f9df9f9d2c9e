"""AMR and AMR-WB: a magic, then frames of 20 ms.

Source: RFC 4867, section 5; frame sizes from 3GPP TS 26.101 and 26.201.
"""

from __future__ import annotations

from earwitness.evidence.structure._draft import MAX_FRAMES, Draft
from earwitness.evidence.structure._source import WINDOW, Source

_NB = (13, 14, 16, 18, 20, 21, 27, 32, 6, 0, 0, 0, 0, 0, 0, 1)
_WB = (18, 24, 33, 37, 41, 47, 51, 59, 61, 6, 0, 0, 0, 0, 1, 1)
_NB_KBPS = ("4.75", "5.15", "5.90", "6.70", "7.40", "7.95", "10.2", "12.2")
_WB_KBPS = ("6.60", "8.85", "12.65", "14.25", "15.85", "18.25", "19.85", "23.05", "23.85")
_FRAME_S = 0.02


def read_amr(source: Source, draft: Draft) -> None:
    """Count the frames of an AMR file by mode."""
    wide = source.read(0, 9) == b"#!AMR-WB\n"
    magic = 9 if wide else 6
    draft.format = "AMR-WB" if wide else "AMR"
    draft.element(0, magic, "magic")
    draft.fact("sample_rate_hz", 16_000 if wide else 8_000)
    counts = [0] * 16
    end = _walk(source, draft, magic, _WB if wide else _NB, counts)
    frames = sum(counts)
    draft.run(
        magic, end - magic, "frames", frames, note=_modes(counts, _WB_KBPS if wide else _NB_KBPS)
    )
    draft.fact("frames", frames)
    draft.fact("header_duration_s", round(frames * _FRAME_S, 4))


def _walk(
    source: Source, draft: Draft, start: int, sizes: tuple[int, ...], counts: list[int]
) -> int:
    place, left = start, MAX_FRAMES
    while place < source.size and left:
        window = source.read(place, min(WINDOW, source.size - place))
        within = 0
        while within < len(window) and left:
            head = window[within]
            size = sizes[head >> 3 & 15]
            if size == 0 or head & 0x80:
                draft.anomaly(
                    "broken_frame", "a frame has a mode that does not exist", place + within
                )
                return place + within
            counts[head >> 3 & 15] += 1
            within += size
            left -= 1
        place += within
    if place > source.size:
        draft.anomaly("cut_frame", "the last frame is cut short", source.size)
    if not left:
        draft.anomaly("too_many_frames", f"frames beyond {MAX_FRAMES:,} were not counted", place)
        return source.size
    return place


def _modes(counts: list[int], names: tuple[str, ...]) -> str:
    parts = [
        f"{count:,} at {name} kbit/s" for name, count in zip(names, counts, strict=False) if count
    ]
    if counts[len(names)]:
        parts.append(f"{counts[len(names)]:,} of comfort noise")
    empty = counts[14] + counts[15]
    return ", ".join([*parts, f"{empty:,} empty"] if empty else parts)
