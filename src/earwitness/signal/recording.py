"""A recording that is ready for examination: decoded once, measured as it goes by, then shared.

All examinations of one recording, in any process, work on the same decoded signal, which lies in
the case's cache as raw float32 and is memory-mapped. The cache holds nothing that can't be made
again from the exhibit; ``replay`` does so.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import av
import filelock
import numpy as np
import numpy.typing as npt
import soxr

from earwitness.atomic import remove_parts, write_whole, written_whole
from earwitness.errors import TooLong
from earwitness.evidence.decode import (
    DEFAULT_MAX_HOURS,
    DecodeNotes,
    Floats,
    MonoResampler,
    StreamFacts,
    decode,
    probe,
)
from earwitness.evidence.exhibit import Exhibit
from earwitness.signal.native import Native, NativeMeter
from earwitness.signal.speech import SPEECH_RATE_HZ, Speech, find_speech

BASE_RATE_HZ: Final = SPEECH_RATE_HZ
_LAYOUT: Final = f"3-av{av.__version__}-soxr{soxr.__version__}"
_RESAMPLE_BLOCK: Final = 1 << 20

Arrays = Mapping[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class Recording:
    """One exhibit, as sound.

    Parameters
    ----------
    exhibit : Exhibit
    cache : Path
        Folder for what was decoded; shared by processes under a lock.
    max_hours : float
        Refuse to decode more than this.
    on_progress : callable, optional
        Told the fraction decoded.
    """

    exhibit: Exhibit
    cache: Path
    max_hours: float = DEFAULT_MAX_HOURS
    on_progress: Callable[[float, str], None] | None = None

    @property
    def folder(self) -> Path:
        """Where this recording's arrays lie in the cache."""
        return self.cache / _LAYOUT / self.exhibit.sha256

    @cached_property
    def facts(self) -> StreamFacts:
        """What the header says."""
        return probe(self.exhibit.path)

    @cached_property
    def _decoded(self) -> tuple[DecodeNotes, Native]:
        """Notes and measurements of the one decoding pass, made now or by an earlier one."""
        notes_path, native_path = self.folder / "notes.json", self.folder / "native.npz"
        self.folder.mkdir(parents=True, exist_ok=True)
        too_long = self.folder / f"over_{self.max_hours:g}_hours.json"
        with self._lock("decode"):
            if too_long.exists():  # found out by an earlier examination, at some cost
                raise TooLong(**json.loads(too_long.read_text()))
            if not notes_path.exists():
                remove_parts(self.folder)
                try:
                    notes, native = self._decode_once()
                except TooLong as error:
                    told = {"what": error.what, "got": error.got, "do": error.do}
                    write_whole(too_long, json.dumps(told).encode())
                    raise
                _save(native_path, _native_arrays(native))
                write_whole(notes_path, json.dumps(asdict(notes)).encode())  # last: marks it whole
        stored = json.loads(notes_path.read_text())
        for listed in ("changes", "jumps"):
            stored[listed] = [tuple(pair) for pair in stored[listed]]
        return DecodeNotes(**stored), _native(_load(native_path))

    @property
    def decode_notes(self) -> DecodeNotes:
        """What happened while it was decoded: errors, samples that were not finite, changes."""
        return self._decoded[0]

    @property
    def native(self) -> Native:
        """Measurements at the recording's own rate, with all its channels."""
        return self._decoded[1]

    @property
    def duration_s(self) -> float:
        """Decoded duration."""
        return self.native.duration_s

    @property
    def decoded_s(self) -> float:
        """Seconds of sound that lie decoded in the cache; decodes nothing."""
        try:
            return self._signal_path(BASE_RATE_HZ).stat().st_size / (4 * BASE_RATE_HZ)
        except FileNotFoundError:
            return 0.0

    def signal(self, sample_rate_hz: int = BASE_RATE_HZ) -> Floats:
        """The sound, mixed to one channel at the rate asked for [shape=(n,)], memory-mapped.

        Rates up to 16 kHz are made from the 16 kHz signal, higher ones from the exhibit.
        """
        _ = self._decoded
        path = self._signal_path(sample_rate_hz)
        if not path.exists():
            with self._lock(f"signal_{sample_rate_hz}"):
                if not path.exists():
                    self._resample_to(path, sample_rate_hz)
        if path.stat().st_size == 0:
            return np.zeros(0, dtype=np.float32)
        return np.memmap(path, dtype=np.float32, mode="r")

    def native_signal(self, channel: int | None = None) -> Floats:
        """The sound at its own rate, not resampled [shape=(n,)], memory-mapped.

        Parameters
        ----------
        channel : int, optional
            One channel alone; without it, all of them mixed.
        """
        _ = self._decoded
        rate_hz = self.facts.sample_rate_hz
        if channel is None and rate_hz >= BASE_RATE_HZ:
            return self.signal(rate_hz)
        path = self.folder / f"native_{'mono' if channel is None else channel}.f32"
        with self._lock(path.stem):
            if not path.exists():
                self._write_native(path, channel)
        if path.stat().st_size == 0:
            return np.zeros(0, dtype=np.float32)
        return np.memmap(path, dtype=np.float32, mode="r")

    @cached_property
    def speech(self) -> Speech:
        """Where somebody speaks."""
        arrays = self.shared("speech_1", self._speech_arrays)
        return Speech(probability=arrays["probability"], regions=arrays["regions"])

    def shared(self, name: str, compute: Callable[[], Arrays]) -> Arrays:
        """Arrays that several examinations need, computed by whichever comes first.

        Parameters
        ----------
        name : str
            With the version of the method that computes it.
        compute : callable
            Gives a mapping of arrays.
        """
        path = self.folder / f"{name}.npz"
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._lock(name):
            if not path.exists():
                _save(path, compute())
        return _load(path)

    def _lock(self, name: str) -> filelock.BaseFileLock:
        return filelock.FileLock(self.folder / f"{name}.lock")

    def _signal_path(self, sample_rate_hz: int) -> Path:
        return self.folder / f"mono_{sample_rate_hz}.f32"

    def _speech_arrays(self) -> Arrays:
        speech = find_speech(self.signal())
        return {"probability": speech.probability, "regions": speech.regions}

    def _decode_once(self) -> tuple[DecodeNotes, Native]:
        """Decode; write the 16 kHz signal and measure the native one in the same pass."""
        facts, notes = self.facts, DecodeNotes()
        meter = NativeMeter(sample_rate_hz=facts.sample_rate_hz, channels=facts.channels)
        resampler = MonoResampler(from_hz=facts.sample_rate_hz, to_hz=BASE_RATE_HZ)
        expected = (facts.header_duration_s or 0.0) * facts.sample_rate_hz
        with written_whole(self._signal_path(BASE_RATE_HZ)) as file:
            for block in decode(self.exhibit.path, notes=notes, max_hours=self.max_hours):
                meter.add(block)
                file.write(resampler.add(block.floats).tobytes())
                if self.on_progress and expected:
                    self.on_progress(min(1.0, notes.samples / expected), "decoding")
            file.write(resampler.finish().tobytes())
        return notes, meter.finish()

    def _write_native(self, path: Path, channel: int | None) -> None:
        with written_whole(path) as file:
            for block in decode(self.exhibit.path, max_hours=self.max_hours):
                floats = block.floats
                one = floats.mean(axis=0, dtype=np.float32) if channel is None else floats[channel]
                file.write(np.ascontiguousarray(one).tobytes())

    def _resample_to(self, path: Path, sample_rate_hz: int) -> None:
        with written_whole(path) as file:
            if sample_rate_hz > BASE_RATE_HZ:
                resampler = MonoResampler(from_hz=self.facts.sample_rate_hz, to_hz=sample_rate_hz)
                for block in decode(self.exhibit.path, max_hours=self.max_hours):
                    file.write(resampler.add(block.floats).tobytes())
            else:
                base = self.signal(BASE_RATE_HZ)
                resampler = MonoResampler(from_hz=BASE_RATE_HZ, to_hz=sample_rate_hz)
                for first in range(0, base.size, _RESAMPLE_BLOCK):
                    piece = np.asarray(base[first : first + _RESAMPLE_BLOCK])
                    file.write(resampler.add(piece[np.newaxis]).tobytes())
            file.write(resampler.finish().tobytes())


def _save(path: Path, arrays: Arrays) -> None:
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    write_whole(path, buffer.getvalue())


def _load(path: Path) -> Arrays:
    with np.load(path, allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}


def _native_arrays(native: Native) -> Arrays:
    values = {field.name: getattr(native, field.name) for field in fields(native)}
    if native.channel_correlation is None:
        values["channel_correlation"] = np.nan
    return {name: np.asarray(value) for name, value in values.items()}


def _native(arrays: Arrays) -> Native:
    values: dict[str, Any] = {
        name: array if array.ndim else array.item() for name, array in arrays.items()
    }
    if np.isnan(values["channel_correlation"]):
        values["channel_correlation"] = None
    return Native(**values)
