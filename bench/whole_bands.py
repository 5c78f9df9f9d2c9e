"""Do the rates that ``edits_v1`` states for WAV hold where the recording's band is narrower?

    EARWITNESS_DATA=FOLDER python bench/whole_bands.py

The shipped table's WAV is of 16 kHz. What has a lower rate, or was recorded through a telephone, is
judged by the same table where the case has no population. This sends the recordings of the test half,
untouched and cut anywhere, through narrower bands after they were cut, and counts what is told by how it
sounds.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import scipy.signal
import soxr
import whole
import whole_data as data
from scipy.stats import binomtest
from whole_learn import eer

from earwitness.examinations._reference_speech import Reference, table
from earwitness.signal.cuts import find_places
from earwitness.signal.moments import find_moments

STATED = (0.01, 0.05, 0.1)
TELEPHONE_HZ = (300.0, 3_400.0)
Floats = data.Floats


def at_rate(rate_hz: int) -> Callable[[Floats], Floats]:
    """Stored at a lower rate, and heard at 16 kHz."""

    def changed(sound: Floats) -> Floats:
        low = data.saved(soxr.resample(sound, data.RATE_HZ, rate_hz), "wav")
        return np.asarray(soxr.resample(low, rate_hz, data.RATE_HZ), dtype=np.float32)

    return changed


def telephone(sound: Floats) -> Floats:
    """A telephone's band, stored at 16 kHz."""
    band = scipy.signal.butter(6, TELEPHONE_HZ, "bandpass", fs=data.RATE_HZ, output="sos")
    return data.saved(scipy.signal.sosfilt(band, sound).astype(np.float32), "wav")


BANDS: dict[str, Callable[[Floats], Floats]] = {
    "16 kHz": at_rate(data.RATE_HZ),
    "11.025 kHz": at_rate(11_025),
    "8 kHz": at_rate(8_000),
    "telephone, 16 kHz": telephone,
}


def best_of(sound: Floats, reference: Reference) -> tuple[float, list[bool]]:
    """The best score of a recording, and whether it is told at each stated rate."""
    found = find_moments(sound)
    best = float(find_places(found, reference.reached, reference.weights).score.max())
    bars = [reference.calibration.score_for(stated, found.duration_s) for stated in STATED]
    return best, [best >= bar for bar in bars]


def show(name: str, folder: Path) -> None:
    reference = table().reference(0)  # WAV
    others = data.carriers(folder, "test")
    untouched: dict[str, tuple[float, list[bool]]] = {}
    cut: list[tuple[str, float]] = []
    for carrier, kind, where, edited in whole.made("test", folder, "wav", others):
        if kind != "untouched" and where != "random":
            continue
        best, told = best_of(BANDS[name](edited.sound), reference)
        if kind == "untouched":
            untouched[carrier.name] = best, told
        else:
            cut.append((carrier.name, best))
    plain = np.array([untouched[each][0] for each in {carrier for carrier, _ in cut}])
    cells = []
    for each in np.array([told for _, told in untouched.values()]).T:
        ends = binomtest(int(each.sum()), each.size).proportion_ci(method="exact")
        cells.append(f"{100 * each.mean():.1f} % ({100 * ends.low:.1f}-{100 * ends.high:.1f})")
    rate = eer(plain, np.array([best for _, best in cut]))
    print(
        f"| {name} | {len(untouched)} | {' | '.join(cells)} | {len(cut)} | {rate:.1f} |", flush=True
    )


def main() -> None:
    folder = Path(os.environ.get("EARWITNESS_DATA", "../shared/data"))
    print("| band | untouched | told at 1 % | at 5 % | at 10 % | cut anywhere | EER, % |")
    print("|---|---|---|---|---|---|---|")
    for name in BANDS:
        show(name, folder)


if __name__ == "__main__":
    main()
