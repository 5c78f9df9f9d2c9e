"""What happens to a recording between its first publication and the tape on the desk, as functions.

Each condition takes mono sound at 16 kHz [shape=(n,)] and a seeded generator, and gives mono sound
at 16 kHz. Codecs are the real ones: FFmpeg's through PyAV, GSM 06.10 through sox.
"""

from __future__ import annotations

import io
import subprocess
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise

import av
import av.filter
import numpy as np
import numpy.typing as npt
import scipy.signal
import soxr

Floats = npt.NDArray[np.float32]
Condition = Callable[[Floats, np.random.Generator], Floats]
RATE_HZ = 16_000


def through_codec(
    sound: Floats,
    *,
    codec: str,
    container: str,
    rate_hz: int,
    bit_rate: int,
    options: dict[str, str],
) -> Floats:
    """Encode at a rate and bit rate, decode, and bring back to 16 kHz without the codec's delay."""
    at_rate = soxr.resample(sound, RATE_HZ, rate_hz) if rate_hz != RATE_HZ else sound
    file = io.BytesIO()
    with av.open(file, "w", format=container) as out:
        stream = out.add_stream(codec, rate=rate_hz, options=options)
        stream.layout = "mono"
        stream.bit_rate = bit_rate
        wanted = stream.format.name
        resampler = av.AudioResampler(format=wanted, layout="mono", rate=rate_hz)
        pcm = np.clip(at_rate * 32767, -32768, 32767).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(pcm[None], format="s16", layout="mono")
        frame.sample_rate = rate_hz
        frame.pts = 0
        frame.time_base = Fraction(1, rate_hz)
        fifo = av.AudioFifo()
        for ready in resampler.resample(frame):
            fifo.write(ready)
        size = stream.codec_context.frame_size or 1024
        while (part := fifo.read(size, partial=True)) is not None:
            for packet in stream.encode(part):
                out.mux(packet)
        for packet in stream.encode(None):
            out.mux(packet)
    file.seek(0)
    with av.open(file) as container_in:
        native = container_in.streams.audio[0].rate
        to_float = av.AudioResampler(format="flt", layout="mono", rate=native)
        parts = [
            piece.to_ndarray()[0]
            for decoded in container_in.decode(audio=0)
            for piece in to_float.resample(decoded)
        ]
    back = np.concatenate(parts).astype(np.float32)
    back = soxr.resample(back, native, RATE_HZ) if native != RATE_HZ else back
    return without_delay(back, sound)


def without_delay(heard: Floats, said: Floats) -> Floats:
    """Take off a codec's constant delay, so that errors of an offset are the search's own."""
    n = min(heard.size, said.size, 8 * RATE_HZ)
    spectrum = np.fft.rfft(heard[:n], 2 * n) * np.conj(np.fft.rfft(said[:n], 2 * n))
    lags = np.fft.irfft(spectrum)
    window = 4_000  # a quarter of a second either way
    near = np.concatenate([lags[:window], lags[-window:]])
    best = int(np.argmax(near))
    delay = best if best < window else best - 2 * window
    shifted = heard[delay:] if delay >= 0 else np.concatenate([np.zeros(-delay, "f4"), heard])
    return np.pad(shifted, (0, max(0, said.size - shifted.size)))[: said.size]


def opus(bit_rate: int) -> Condition:
    return lambda sound, _: through_codec(
        sound,
        codec="libopus",
        container="ogg",
        rate_hz=16_000,
        bit_rate=bit_rate,
        options={"application": "voip"},
    )


def mp3(bit_rate: int) -> Condition:
    return lambda sound, _: through_codec(
        sound, codec="libmp3lame", container="mp3", rate_hz=16_000, bit_rate=bit_rate, options={}
    )


def amr_nb(bit_rate: int) -> Condition:
    return lambda sound, _: through_codec(
        sound,
        codec="libopencore_amrnb",
        container="amr",
        rate_hz=8_000,
        bit_rate=bit_rate,
        options={},
    )


def gsm(sound: Floats, _: np.random.Generator) -> Floats:
    """GSM 06.10 full rate by sox, at 8 kHz."""
    pcm = np.clip(soxr.resample(sound, RATE_HZ, 8_000) * 32767, -32768, 32767).astype("<i2")
    raw = ["-t", "raw", "-r", "8000", "-e", "signed", "-b", "16", "-c", "1", "-"]
    coded = ["-t", "gsm", "-r", "8000", "-c", "1", "-"]
    encoded = subprocess.run(
        ["sox", *raw, *coded], input=pcm.tobytes(), capture_output=True, check=True
    )
    decoded = subprocess.run(
        ["sox", *coded, *raw], input=encoded.stdout, capture_output=True, check=True
    )
    back = np.frombuffer(decoded.stdout, "<i2").astype(np.float32) / 32768
    return without_delay(soxr.resample(back, 8_000, RATE_HZ), sound)


def telephone(sound: Floats, _: np.random.Generator) -> Floats:
    """300-3400 Hz, 8 kHz, mu-law of 8 bits."""
    sos = scipy.signal.butter(6, [300, 3400], "bandpass", fs=RATE_HZ, output="sos")
    band = scipy.signal.sosfiltfilt(sos, sound)
    law = np.sign(band) * np.log1p(255 * np.abs(np.clip(band, -1, 1))) / np.log(256)
    law = np.round(law * 127) / 127
    return (np.sign(law) * np.expm1(np.abs(law) * np.log(256)) / 255).astype(np.float32)


def with_noise(noise: Callable[[int, np.random.Generator], Floats], snr_db: float) -> Condition:
    def mix(sound: Floats, generator: np.random.Generator) -> Floats:
        added = noise(sound.size, generator)
        level = np.sqrt(np.mean(sound**2) / max(float(np.mean(added**2)), 1e-12))
        return (sound + added * level * 10 ** (-snr_db / 20)).astype(np.float32)

    return mix


def babble(voices: list[Floats]) -> Callable[[int, np.random.Generator], Floats]:
    """Six other voices at once, from recordings that no archive holds."""

    def make(size: int, generator: np.random.Generator) -> Floats:
        total = np.zeros(size, np.float32)
        for index in generator.choice(len(voices), 6, replace=False):
            voice = np.resize(voices[index], max(size, voices[index].size))
            voice = np.roll(voice, int(generator.integers(voice.size)))[:size]
            total += voice / max(float(np.sqrt(np.mean(voice**2))), 1e-6)
        return total

    return make


def pink(size: int, generator: np.random.Generator) -> Floats:
    spectrum = np.fft.rfft(generator.standard_normal(size))
    spectrum /= np.sqrt(np.maximum(np.arange(spectrum.size), 20))
    return np.fft.irfft(spectrum, size).astype(np.float32)


def music(size: int, generator: np.random.Generator) -> Floats:
    """A bed of music, synthesised: a chord every half second, with harmonics, and a beat."""
    total = np.zeros(size + RATE_HZ, np.float32)
    time = np.arange(RATE_HZ) / RATE_HZ
    for start in range(0, size, RATE_HZ // 2):
        root = 110 * 2 ** (generator.integers(0, 12) / 12)
        chord = np.zeros(RATE_HZ)
        for interval in (0, generator.choice([3, 4]), 7, 12):
            for harmonic in range(1, 7):
                tone = root * 2 ** (interval / 12) * harmonic
                chord += np.sin(2 * np.pi * tone * time + generator.uniform(0, 6.28)) / harmonic
        chord *= np.exp(-3 * time)
        beat = generator.standard_normal(RATE_HZ) * np.exp(-60 * time) * 4
        total[start : start + RATE_HZ] += (chord + beat).astype(np.float32)
    return total[:size]


def replayed_in_a_room(sound: Floats, generator: np.random.Generator) -> Floats:
    """From a small loudspeaker to a phone two metres off: RT60 0.3-0.6 s, band, noise at 25 dB."""
    rt60_s = generator.uniform(0.3, 0.6)
    n = int(rt60_s * RATE_HZ)
    decay = 10 ** (-3 * np.arange(n) / n)
    tail = generator.standard_normal(n) * decay
    tail[: int(0.003 * RATE_HZ)] = 0
    direct_to_tail_db = generator.uniform(-3, 3)
    response = tail / np.sqrt(np.sum(tail**2)) * 10 ** (-direct_to_tail_db / 20)
    response[0] = 1.0
    wet = scipy.signal.fftconvolve(sound, response)[: sound.size]
    sos = scipy.signal.butter(2, [250, 5000], "bandpass", fs=RATE_HZ, output="sos")
    wet = scipy.signal.sosfilt(sos, wet).astype(np.float32)
    return with_noise(pink, 25)(wet, generator)


def clipped(sound: Floats, _: np.random.Generator) -> Floats:
    """A tenth of the samples at full scale."""
    ceiling = float(np.quantile(np.abs(sound), 0.9))
    return np.clip(sound, -ceiling, ceiling)


def resampled_twice(sound: Floats, _: np.random.Generator) -> Floats:
    """Through 11,025 Hz and 44,100 Hz, as a careless editor does."""
    once = soxr.resample(sound, RATE_HZ, 11_025)
    twice = soxr.resample(once, 11_025, 44_100)
    return soxr.resample(twice, 44_100, RATE_HZ)[: sound.size]


def gain_ride(sound: Floats, generator: np.random.Generator) -> Floats:
    """The level wanders by up to 12 dB either way within seconds."""
    points = generator.uniform(-12, 12, size=sound.size // RATE_HZ + 3)
    curve = np.interp(np.arange(sound.size) / RATE_HZ, np.arange(points.size), points)
    return (sound * 10 ** (curve / 20)).astype(np.float32)


def speed(factor: float) -> Condition:
    """Faster, and higher with it, as a tape would be."""
    return lambda sound, _: soxr.resample(sound, RATE_HZ * factor, RATE_HZ)


def tempo(factor: float) -> Condition:
    """Faster at the same pitch, by FFmpeg's atempo (overlap-add)."""

    def change(sound: Floats, _: np.random.Generator) -> Floats:
        graph = av.filter.Graph()
        source = graph.add_abuffer(
            sample_rate=RATE_HZ, format="flt", layout="mono", time_base=Fraction(1, RATE_HZ)
        )
        steps = [source, graph.add("atempo", f"{factor:.6f}"), graph.add("abuffersink")]
        for before, after in pairwise(steps):
            before.link_to(after)
        graph.configure()
        frame = av.AudioFrame.from_ndarray(sound[None].copy(), format="flt", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE_HZ, 0, Fraction(1, RATE_HZ)
        graph.push(frame)
        graph.push(None)
        parts = []
        while True:
            try:
                parts.append(graph.pull().to_ndarray()[0])
            except (av.error.EOFError, av.error.BlockingIOError):
                return np.concatenate(parts).astype(np.float32)

    return change


def pitch(semitones: float) -> Condition:
    """Higher at the same tempo."""
    ratio = 2 ** (semitones / 12)
    return lambda sound, rng: tempo(1 / ratio)(speed(ratio)(sound, rng), rng)


def plain(sound: Floats, _: np.random.Generator) -> Floats:
    return sound


def conditions(voices: list[Floats]) -> dict[str, tuple[Condition, float, float]]:
    """Every condition of the bench: what it does, time factor (there per here), pitch in semitones."""
    crowd = babble(voices)
    same: dict[str, Condition] = {
        "clean": plain,
        "mp3 32k": mp3(32_000),
        "opus 24k": opus(24_000),
        "opus 12k": opus(12_000),
        "opus 6k": opus(6_000),
        "amr-nb 12.2": amr_nb(12_200),
        "amr-nb 4.75": amr_nb(4_750),
        "gsm": gsm,
        "telephone": telephone,
        "babble 10 dB": with_noise(crowd, 10),
        "babble 5 dB": with_noise(crowd, 5),
        "babble 0 dB": with_noise(crowd, 0),
        "pink noise 5 dB": with_noise(pink, 5),
        "music bed 5 dB": with_noise(music, 5),
        "room": replayed_in_a_room,
        "clipped": clipped,
        "resampled": resampled_twice,
        "gain ride": gain_ride,
    }
    table = {name: (condition, 1.0, 0.0) for name, condition in same.items()}
    for percent in (-8, -5, -2, 2, 5, 8):
        factor = 1 + percent / 100
        table[f"speed {percent:+d} %"] = (speed(factor), factor, 12 * np.log2(factor))
        table[f"tempo {percent:+d} %"] = (tempo(factor), factor, 0.0)
    for semitones in (-2, -1, 1, 2):
        table[f"pitch {semitones:+d} st"] = (pitch(semitones), 1.0, float(semitones))
    return table
