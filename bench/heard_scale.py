"""How the search grows: a 32-minute recording in archives of 100, 1,000 and 10,000 hours.

The real archive is one segment; the others are filler: keys of real patches with each bit turned over
once in sixteen, by which two of them share a key about as often as two real ones do (both are
printed), and random fine prints.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import soxr
from heard_conditions import RATE_HZ, Floats
from heard_data import Split, write_wavs

from earwitness.archive import build, index, landmarks, segment
from earwitness.archive.segment import Known
from earwitness.archive.spectrum import FRAME_S, picture

SEGMENT_HOURS = 1_000.0
QUERY_S = 32 * 60
_SEARCH = """
import sys, time
import numpy as np
from pathlib import Path
from earwitness.archive import index, search
from earwitness.archive.background import Background
began = time.perf_counter()
archive = index.open_archive(Path(sys.argv[1]))
opened = time.perf_counter() - began
sound = np.load(sys.argv[2], mmap_mode="r")
blocks = (np.asarray(sound[i : i + 65536]) for i in range(0, sound.size, 65536))
began, worked = time.perf_counter(), time.process_time()
found = search.search(blocks, archive, background=Background.of(archive.manifest.background),
                      most_probable_error=1e-5, bend=sys.argv[3] == "bend")
took, worked = time.perf_counter() - began, time.process_time() - worked
status = Path("/proc/self/status").read_text()  # getrusage would count the parent before exec
peak = int(status.split("VmHWM:")[1].split()[0]) / 1024
spans = "; ".join(f"{s.here_start_s:.1f}-{s.here_end_s:.1f} s = {s.recording.name}" for s in found)
print(f"{opened:.1f} | {took:.1f} | {worked:.1f} | {peak:.0f} MB | {spans}")
"""


def grow(recordings: Split, hours: list[float]) -> None:
    rng = np.random.default_rng(11)
    keys = patches(recordings.archived)
    query = tape(recordings, rng)
    print(f"Two unrelated patches share a key once in 2^{chance(keys):.1f} (real) and in ")
    print(f"2^{chance(turned(keys, 400_000, rng)):.1f} (filler).\n")
    print(
        "| hours | size | looked for | open, s | search, s | of it CPU, s | resident | found |\n"
        "|---|---|---|---|---|---|---|---|"
    )
    with tempfile.TemporaryDirectory(prefix="earwitness-scale-", dir="/var/tmp") as name:
        folder = Path(name)
        np.save(folder / "query.npy", query)
        write_wavs(recordings.archived, folder / "sounds")
        build.build(folder / "index", [folder / "sounds"], calibrate=False)
        for target in hours:
            fill(folder / "index", target, keys, rng)
            archive = index.open_archive(folder / "index")
            size = sum(item.bytes for item in archive.segments) / 1e9
            for how in ("unchanged", "bend"):
                command = [sys.executable, "-c", _SEARCH, str(folder / "index")]
                done = subprocess.run(
                    [*command, str(folder / "query.npy"), how],
                    capture_output=True,
                    text=True,
                    check=True,
                )
                what = "unchanged" if how == "unchanged" else "and changed speed, tempo, pitch"
                cells = done.stdout.strip()
                print(
                    f"| {archive.seconds / 3600:,.0f} | {size:.2f} GB | {what} | {cells} |",
                    flush=True,
                )


def tape(recordings: Split, rng: np.random.Generator) -> Floats:
    """32 minutes of speakers who are not in the archive, with 10 s and 20 s in it that are."""
    unknown = np.concatenate(list(recordings.left_out.values()))
    sound = np.resize(unknown, QUERY_S * RATE_HZ)
    known = [s for s in recordings.archived.values() if s.size > 25 * RATE_HZ]
    for at_s, length_s, source in ((400, 10, known[0]), (1_500, 20, known[1])):
        part = source[2 * RATE_HZ : (2 + length_s) * RATE_HZ]
        sound[at_s * RATE_HZ : at_s * RATE_HZ + part.size] = part
    return np.asarray(soxr.resample(sound, RATE_HZ, 8_000), dtype=np.float32)


def patches(sounds: dict[str, Floats]) -> landmarks.Keys:
    pictures = (picture(soxr.resample(sound, RATE_HZ, 8_000)) for sound in sounds.values())
    return np.concatenate([landmarks.keys_of(landmarks.margins(p, step=4)) for p in pictures])


def turned(keys: landmarks.Keys, count: int, rng: np.random.Generator) -> landmarks.Keys:
    """Real keys, drawn at random, with every bit turned over once in sixteen."""
    noise = rng.integers(0, 2**32, (4, count), dtype=np.uint32)
    drawn = keys[rng.integers(0, keys.size, count)]
    return np.asarray(drawn ^ (noise[0] & noise[1] & noise[2] & noise[3]), dtype=np.uint32)


def chance(keys: landmarks.Keys) -> float:
    """Minus the binary logarithm of how often patches of two recordings share a key."""
    half = keys.size // 2  # the recordings of one half against those of the other
    one, ones = np.unique(keys[:half], return_counts=True)
    other, others = np.unique(keys[half:], return_counts=True)
    _, at, there = np.intersect1d(one, other, return_indices=True)
    same = float((ones[at].astype(np.float64) * others[there]).sum())
    return float(-np.log2(max(same, 1e-12) / (half * (keys.size - half))))


def fill(folder: Path, hours: float, keys: landmarks.Keys, rng: np.random.Generator) -> None:
    """Add filler segments until the archive holds so many hours."""
    with index.changing(folder):
        while True:
            manifest = index.read_manifest(folder)
            missing = hours - sum(item.seconds for item in manifest.segments) / 3600
            if missing <= 0.01:
                return
            made = filler(index.folder_of_segments(folder), min(missing, SEGMENT_HOURS), keys, rng)
            listed = index.listed(*made)
            parts = (*manifest.segments, listed)
            index.write_manifest(folder, index.changed(manifest, segments=parts))


def filler(
    folder: Path, hours: float, real: landmarks.Keys, rng: np.random.Generator
) -> tuple[Path, str]:
    """One segment of made-up recordings of an hour."""
    count = max(1, round(hours))
    frames = int(hours / count * 3600 / FRAME_S)
    tag = rng.bytes(24).hex()
    known = [Known(f"{tag}{n:016x}", f"filler {n}", frames * FRAME_S, frames) for n in range(count)]
    total = sum(item.patches for item in known)
    keys = np.empty(total, np.uint32)
    for start in range(0, total, 1_000_000):
        size = min(1_000_000, total - start)
        keys[start : start + size] = turned(real, size, rng)
    order = np.argsort(keys, kind="stable").astype(np.uint32)
    return segment.write_sorted(
        folder,
        recordings=known,
        landmarks=total,
        parts=iter([(keys[order], order)]),
        prints=(rng.integers(0, 2**32, item.prints, dtype=np.uint32) for item in known),
    )
