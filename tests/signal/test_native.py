"""Measurements of the one pass, against numpy over the whole array."""

from __future__ import annotations

import mmap
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sounds
from earwitness.evidence.decode import Block
from earwitness.signal.native import Native, NativeMeter, RunMeter, release

RATE_HZ = 16_000


def measured(
    floats: np.ndarray, *, block: int = 5_000, integers: np.ndarray | None = None
) -> Native:
    """What the pass finds in an array [shape=(channels, n)], given in blocks."""
    meter = NativeMeter(sample_rate_hz=RATE_HZ, channels=floats.shape[0])
    for first in range(0, floats.shape[1], block):
        whole = None if integers is None else integers[:, first : first + block]
        meter.add(Block(first, floats[:, first : first + block], whole))
    return meter.finish()


def runs_of(mask: list[bool], at_least: int) -> list[tuple[int, int]]:
    """Runs of True, the slow way."""
    found, start = [], None
    for index, value in enumerate([*mask, False]):
        if value and start is None:
            start = index
        elif not value and start is not None:
            if index - start >= at_least:
                found.append((start, index))
            start = None
    return found


@pytest.mark.parametrize("block", [100, 4_096, 5_000, 70_000])
def test_levels_are_those_of_the_whole(block: int) -> None:
    """Peak, offset, power and correlation do not depend on the blocks that the sound came in."""
    left = sounds.noise(4.0) + np.float32(0.01)
    both = np.stack([left, 0.5 * left + sounds.noise(4.0, seed=2)]).astype(np.float32)
    native = measured(both, block=block)
    assert native.samples == both.shape[1]
    np.testing.assert_allclose(native.peak, np.abs(both).max(axis=1), rtol=1e-6)
    np.testing.assert_allclose(native.dc, both.mean(axis=1, dtype=float), atol=1e-7)
    np.testing.assert_allclose(native.power, (both.astype(float) ** 2).mean(axis=1), rtol=1e-5)
    assert native.channel_correlation == pytest.approx(np.corrcoef(both)[0, 1], abs=1e-4)
    assert not native.channels_identical


def test_identical_and_silent_channels_are_told() -> None:
    """The same sound twice is identical; a silent channel has no correlation."""
    tone = sounds.tone(1.0)
    assert measured(np.stack([tone, tone])).channels_identical
    assert measured(np.stack([tone, np.zeros_like(tone)])).channel_correlation is None


@pytest.mark.parametrize("block", [777, 16_000, 64_000])
def test_silence_is_found_across_blocks(block: int) -> None:
    """Half a second of zeros is one stretch, wherever the blocks end; 19 ms of zeros is none."""
    sound = sounds.noise(4.0)
    sound[16_000:24_000] = 0.0
    sound[40_000 : 40_000 + int(0.019 * RATE_HZ)] = 0.0
    native = measured(sound[np.newaxis], block=block)
    np.testing.assert_allclose(native.silence, [[1.0, 1.5]], atol=1e-9)


@pytest.mark.parametrize("block", [500, 16_000])
def test_clipping_is_runs_at_the_highest_level(block: int) -> None:
    """A sine that was cut off at half its height is clipped in each half wave."""
    sine = sounds.tone(1.0, hz=100.0, level=0.9)
    cut = np.clip(sine, -0.45, 0.45)
    native = measured(cut[np.newaxis], block=block)
    assert len(native.clipped) == 200, "100 periods, two half waves each"
    assert native.clipped_samples == int((np.abs(cut) >= 0.45 - 2**-15).sum())


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 48_000])
@pytest.mark.parametrize(("hz", "level"), [(25.0, 0.5), (50.0, 0.01), (50.0, 0.1), (60.0, 0.99)])
def test_the_round_top_of_a_hum_is_not_clipping(rate_hz: int, hz: float, level: float) -> None:
    """Samples near the top of a low tone are equal once they are rounded, and yet nothing was cut."""
    tone = sounds.tone(4.0, hz=hz, level=level, rate_hz=rate_hz)
    rounded = (np.round(tone * 32_768) / 32_768).astype(np.float32)
    assert measured(rounded[np.newaxis]).clipped_samples == 0
    cut = np.clip(rounded, -0.8 * level, 0.8 * level)
    expected = int((np.abs(cut) >= np.abs(cut).max() - 2**-15).sum())
    assert measured(cut[np.newaxis]).clipped_samples == expected


def test_early_clipping_below_a_later_peak_is_not_clipping() -> None:
    """What looked like the highest level at first is forgotten when a higher one comes."""
    sound = np.clip(sounds.tone(1.0, hz=100.0, level=0.9), -0.3, 0.3)
    later = sounds.tone(1.0, hz=101.3, level=0.8)
    native = measured(np.concatenate([sound, later])[np.newaxis], block=1_000)
    assert native.clipped.size == 0 or native.clipped.min() >= 1.0


@pytest.mark.parametrize(("shift", "used"), [(0, 16), (4, 12), (8, 8)])
def test_bits_that_are_never_set_are_not_used(shift: int, used: int) -> None:
    """Sixteen stored bits of which the lowest are always zero."""
    random = np.random.default_rng(1)
    integers = (random.integers(-(2**15), 2**15, 9_000) >> shift << shift).astype(np.int16)[
        np.newaxis
    ]
    native = measured(integers.astype(np.float32) / 32_768, integers=integers)
    assert (native.used_bits, native.stored_bits) == (used, 16)


def test_the_spectrum_of_a_sine_is_its_power() -> None:
    """A full-scale sine holds half of full scale in its bin, and next to nothing far from it."""
    native = measured(sounds.tone(4.0, hz=1_000.0, level=1.0)[np.newaxis])
    assert native.spectrum.argmax() == round(1_000 / (RATE_HZ / 4_096))
    assert native.spectrum.max() == pytest.approx(0.5, rel=0.05)
    assert native.spectrum[1_000:].max() < 1e-8


@given(st.lists(st.booleans(), max_size=60), st.integers(1, 4), st.integers(1, 9))
@settings(max_examples=200)
def test_runs_do_not_depend_on_pieces(mask: list[bool], at_least: int, piece: int) -> None:
    """Runs found in pieces are those found at once."""
    meter = RunMeter()
    for first in range(0, len(mask), piece):
        meter.add(np.array(mask[first : first + piece], dtype=bool), first)
    assert [tuple(run) for run in meter.runs(at_least)] == runs_of(mask, at_least)


def test_released_pages_can_be_read_again(tmp_path: Path) -> None:
    """Letting go of a mapped signal loses nothing, also through a slice of it."""
    np.arange(100_000, dtype=np.float32).tofile(tmp_path / "x.f32")
    mapped = np.memmap(tmp_path / "x.f32", dtype=np.float32, mode="r")
    assert isinstance(mapped.base, mmap.mmap)
    before = float(mapped[500:].sum(dtype=float))
    release(mapped[500:])
    assert float(mapped[500:].sum(dtype=float)) == before
    release(np.zeros(5, dtype=np.float32))


def test_memory_of_a_library_is_left_alone() -> None:
    """What soxr gives back lies in memory that is neither numpy's own nor a file's."""
    release(np.frombuffer(bytearray(64), dtype=np.float32)[2:])
