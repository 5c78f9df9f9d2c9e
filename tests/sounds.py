"""Small sounds and files for tests, the same each time."""

from __future__ import annotations

import shutil
import stat
import wave
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import scipy.signal

from earwitness.evidence.decode import decode_mono

RATE_HZ = 16_000
DEMO_SOUNDS = Path(__file__).resolve().parents[1] / "demo" / "sounds"
Floats = npt.NDArray[np.float32]


def tone(
    seconds: float, *, hz: float = 440.0, level: float = 0.5, rate_hz: int = RATE_HZ
) -> Floats:
    """A sine [shape=(n,)]."""
    at_s = np.arange(round(seconds * rate_hz)) / rate_hz
    return np.asarray(level * np.sin(2 * np.pi * hz * at_s), dtype=np.float32)


def noise(seconds: float, *, level: float = 0.1, seed: int = 1, rate_hz: int = RATE_HZ) -> Floats:
    """White noise with that root mean square [shape=(n,)]."""
    drawn = np.random.default_rng(seed).standard_normal(round(seconds * rate_hz))
    return np.asarray(level * drawn, dtype=np.float32)


def hum(
    seconds: float,
    *,
    hz: float = 50.02,
    level: float = 0.01,
    rate_hz: int = RATE_HZ,
    harmonics: tuple[float, ...] = (1.0, 0.5, 0.4, 0.3),
) -> Floats:
    """Mains hum that wanders by a few millihertz, with a few harmonics [shape=(n,)]."""
    at_s = np.arange(round(seconds * rate_hz)) / rate_hz
    cycles = hz * at_s - 0.01 * 40 / (2 * np.pi) * np.cos(2 * np.pi * at_s / 40)
    waves = sum(a * np.cos(2 * np.pi * (k * cycles % 1) + k) for k, a in enumerate(harmonics, 1))
    return np.asarray(level * waves, dtype=np.float32)


def grid_hz(seconds: int) -> npt.NDArray[np.float64]:
    """What a grid's frequency was in each second of a made-up day [shape=(seconds,)]."""
    keep = np.exp(-1 / 240)
    steps = 0.022 * np.sqrt(1 - keep**2) * np.random.default_rng(7).standard_normal(seconds)
    return np.asarray(50.0 + scipy.signal.lfilter([1.0], [1.0, -keep], steps))


def grid_hum(
    seconds: float,
    *,
    start_s: int,
    level: float = 0.01,
    rate_hz: int = RATE_HZ,
    off_by: float = 0.0,
) -> Floats:
    """Hum of that grid from one of its seconds on, as a recorder hears it whose clock is off."""
    at_s = np.arange(round(seconds * rate_hz)) / rate_hz
    whole = grid_hz(start_s + int(seconds) + 2)[start_s:]
    cycles = np.cumsum(np.interp(at_s, np.arange(whole.size), whole) * (1 + off_by)) / rate_hz
    waves = sum(
        a * np.cos(2 * np.pi * (k * cycles % 1) + k) for k, a in ((1, 1.0), (2, 0.5), (3, 0.4))
    )
    return np.asarray(level * waves, dtype=np.float32)


def write_grid(path: Path, seconds: int, *, missing: range = range(0)) -> Path:
    """The record of that day from 2033-04-12 on, without some of its seconds."""
    start = datetime(2033, 4, 12, tzinfo=UTC)
    lines = [
        f"{start + timedelta(seconds=second):%Y-%m-%dT%H:%M:%SZ},{hertz:.3f}"
        for second, hertz in enumerate(grid_hz(seconds))
        if second not in missing
    ]
    path.write_text("\n".join(["utc,frequency_hz", *lines]) + "\n")
    return path


def hum_hz(times_s: npt.NDArray[np.float64], *, hz: float = 50.02) -> npt.NDArray[np.float64]:
    """The frequency of ``hum`` at some times [shape=(n,)]."""
    return np.asarray(hz + 0.01 * np.sin(2 * np.pi * times_s / 40))


@cache
def _demo(name: str, rate_hz: int) -> Floats:
    return decode_mono(DEMO_SOUNDS / name, sample_rate_hz=rate_hz)


def voice(
    seconds: float, *, start_s: float = 1.0, name: str = "known_2.mp3", rate_hz: int = RATE_HZ
) -> Floats:
    """A stretch of one of the demo's voices [shape=(n,)]."""
    first = round(start_s * rate_hz)
    return _demo(name, rate_hz)[first : first + round(seconds * rate_hz)].copy()


def write_wav(path: Path, samples: Floats, *, rate_hz: int = RATE_HZ) -> Path:
    """Write samples [shape=(n,) or (channels, n)] as 16-bit WAV."""
    whole = np.clip(np.round(np.atleast_2d(samples) * 32_768), -32_768, 32_767).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(whole.shape[0])
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(np.ascontiguousarray(whole.T).tobytes())
    return path


def copy_case(source: Path, target: Path) -> Path:
    """Copy a case as a whole, its read-only files included."""
    shutil.copytree(source, target)
    return target


def writable(path: Path) -> Path:
    """Take the read-only mark off a file, as somebody would who means to harm it."""
    path.chmod(path.stat().st_mode | stat.S_IWUSR)
    return path


def flip_bit(path: Path, bit: int) -> None:
    """Turn one bit of a file round."""
    with writable(path).open("r+b") as file:
        file.seek(bit // 8)
        (byte,) = file.read(1)
        file.seek(bit // 8)
        file.write(bytes([byte ^ 1 << bit % 8]))
