"""How the search grows: a 32-minute recording in archives of 100, 1,000 and 10,000 hours.

The real archive is one segment; the others are filler: keys of real patches, of which those that are
common to several recordings stay as they are and the others are scattered, so that they share a key with
another speaker's patch about as often as real ones do (both are printed), and random fine prints. The
recordings that the query's passages are from lend no keys to the filler. The files are in the
system's cache, as far as it holds them.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soxr
from heard_conditions import RATE_HZ, Floats, pitch, speed, tempo
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


def grow(recordings: Split, hours: list[float], work: Path | None) -> None:
    """Print a row for each size; ``work`` keeps the archives, so that a later run need not make them."""
    rng = np.random.default_rng(11)
    planted = [name for name, sound in recordings.archived.items() if sound.size > 25 * RATE_HZ][:5]
    others = {name: s for name, s in recordings.archived.items() if name not in planted}
    known = KnownKeys.of(others)
    unknown = np.concatenate(patches(recordings.left_out))
    query = tape(recordings, planted, rng)
    print_chances(known, unknown, rng)
    print(
        "| hours | size | looked for | open, s | search, s | of it CPU, s | resident | found |\n"
        "|---|---|---|---|---|---|---|---|"
    )
    with tempfile.TemporaryDirectory(prefix="earwitness-scale-", dir="/var/tmp") as name:
        folder = work or Path(name)
        folder.mkdir(exist_ok=True)
        np.save(folder / "query.npy", query)
        for target in hours:
            archive = folder / f"index-{target:g}"
            if not index.exists(archive):
                start_archive(recordings, archive, folder / "sounds")
                fill(archive, target, known, rng)
            rows(archive, folder / "query.npy")
            if work is None:
                shutil.rmtree(archive)


def start_archive(recordings: Split, archive: Path, sounds: Path) -> None:
    if not sounds.exists():
        write_wavs(recordings.archived, sounds)
    build.build(archive, [sounds], calibrate=False)


def rows(folder: Path, query: Path) -> None:
    archive = index.open_archive(folder)
    size = sum(item.bytes for item in archive.segments) / 1e9
    for how in ("unchanged", "bend"):
        command = [sys.executable, "-c", _SEARCH, str(folder), str(query), how]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        what = "unchanged" if how == "unchanged" else "and changed speed, tempo, pitch"
        hours = f"{archive.seconds / 3600:,.0f}"
        print(f"| {hours} | {size:.2f} GB | {what} | {done.stdout.strip()} |", flush=True)


def tape(recordings: Split, planted: list[str], rng: np.random.Generator) -> Floats:
    """32 minutes of speakers who are not in the archive, with five passages in it that are."""
    unknown = np.concatenate(list(recordings.left_out.values()))
    sound = np.resize(unknown, QUERY_S * RATE_HZ)
    changes = (None, None, speed(1.04), tempo(0.97), pitch(1.0))
    for name, at_s, length_s, change in zip(
        planted, (400, 1_500, 700, 1_000, 1_250), (10, 20, 20, 20, 20), changes, strict=True
    ):
        part = recordings.archived[name][2 * RATE_HZ : (2 + length_s) * RATE_HZ]
        part = part if change is None else change(part, rng)
        sound[at_s * RATE_HZ : at_s * RATE_HZ + part.size] = part
    return np.asarray(soxr.resample(sound, RATE_HZ, 8_000), dtype=np.float32)


def patches(sounds: dict[str, Floats]) -> list[landmarks.Keys]:
    """The keys of every recording."""
    pictures = (picture(soxr.resample(sound, RATE_HZ, 8_000)) for sound in sounds.values())
    return [landmarks.keys_of(landmarks.margins(p, step=4)) for p in pictures]


@dataclass(frozen=True)
class KnownKeys:
    """Keys of real patches, and which of them occur in more than one recording."""

    keys: landmarks.Keys
    common: np.ndarray

    @classmethod
    def of(cls, sounds: dict[str, Floats]) -> KnownKeys:
        each = patches(sounds)
        distinct = np.concatenate([np.unique(keys) for keys in each])
        values, recordings = np.unique(distinct, return_counts=True)
        keys = np.concatenate(each)
        return cls(keys, np.isin(keys, values[recordings > 1]))


def drawn(known: KnownKeys, count: int, rng: np.random.Generator) -> landmarks.Keys:
    """Real keys, drawn at random: the common ones as they are, of others one bit in eight turned over.

    Nearly all that two recordings have in common by chance are few keys that occur everywhere; the
    others are as scattered as can be.
    """
    which = rng.integers(0, known.keys.size, count, dtype=np.int32)
    noise = rng.integers(0, 2**32, (3, count), dtype=np.uint32)
    turned = np.where(known.common[which], np.uint32(0), noise[0] & noise[1] & noise[2])
    return np.asarray(known.keys[which] ^ turned, dtype=np.uint32)


def print_chances(known: KnownKeys, unknown: landmarks.Keys, rng: np.random.Generator) -> None:
    made = drawn(known, 4_000_000, rng)
    print(
        f"A patch of a speaker who is not in the archive shares its key with one patch in "
        f"2^{chance(unknown, known.keys):.1f} of the real recordings, in 2^{chance(unknown, made):.1f} "
        f"of the filler; {100 * known.common.mean():.1f} % of the real keys occur in more than one "
        "recording.\n"
    )


def chance(one: landmarks.Keys, other: landmarks.Keys) -> float:
    """Minus the binary logarithm of how often a patch of one shares its key with one of the other."""
    ones, counts = np.unique(one, return_counts=True)
    others, other_counts = np.unique(other, return_counts=True)
    _, at, there = np.intersect1d(ones, others, return_indices=True)
    same = float((counts[at].astype(np.float64) * other_counts[there]).sum())
    return float(-np.log2(max(same, 1e-12) / (one.size * other.size)))


def fill(
    folder: Path,
    hours: float,
    known: KnownKeys,
    rng: np.random.Generator,
    *,
    segment_hours: float = SEGMENT_HOURS,
) -> None:
    """Add filler segments until the archive holds so many hours.

    They are of one size, and have their keys in common but not the times at which these occur: sorting
    keys takes longer than all else.
    """
    with index.changing(folder):
        manifest = index.read_manifest(folder)
        missing = hours - sum(item.seconds for item in manifest.segments) / 3600
        count = max(1, round(missing / segment_hours))
        recordings = max(1, round(missing / count))
        frames = int(missing / count / recordings * 3600 / FRAME_S)
        total = recordings * Known("", "", 0.0, frames).patches
        keys = np.concatenate(
            [
                drawn(known, min(1_000_000, total - start), rng)
                for start in range(0, total, 1_000_000)
            ]
        )
        places = np.argsort(keys, kind="stable").astype(np.uint32)
        keys = keys[places]
        for number in range(count):
            shift = np.uint32(number * (total // count))
            moved = (places + shift) % np.uint32(total)
            tag = rng.bytes(24).hex()
            names = [
                Known(f"{tag}{n:016x}", f"filler {n}", frames * FRAME_S, frames)
                for n in range(recordings)
            ]
            made = segment.write_sorted(
                index.folder_of_segments(folder),
                recordings=names,
                landmarks=total,
                parts=iter([(keys, moved)]),
                prints=(rng.integers(0, 2**32, n.prints, dtype=np.uint32) for n in names),
            )
            manifest = index.changed(manifest, segments=(*manifest.segments, index.listed(*made)))
            index.write_manifest(folder, manifest)
