"""What the whole numbers in an MP3 or AAC file tell of an earlier coding with frames at the same places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from earwitness.evidence.structure import read_structure
from earwitness.examinations._codec_grids import Searched, sound
from earwitness.outcome import Measure
from earwitness.signal import coded_again
from earwitness.signal.quantised import LEAST_GROUPS, Integers, integers
from earwitness.signal.recording import Recording

# Shares under which ones are rare: see bench/whole_double.py.
FEWEST_ONES: Final[Mapping[str, float]] = {"MP3": 0.12, "AAC": 0.10}
LEAST_EXPLAINED: Final = 0.02
MOST_BIT_RATE: Final = 135_000  # 128 kbit/s and what headers add; LAME leaves fewer ones above
_MEASURED_ON: Final = (
    "measured for one channel of 44.1 or 48 kHz at a constant 32 to 96 kbit/s alone"
)
_NOT_NAMED: Final = "the file names no encoder with which it was measured"
# As files name them. What another encoder wrote differs from a coding by these, twice or not.
_MEASURED_ENCODERS: Final = {"MP3": ("LAME", "Lavc", "Lavf"), "AAC": ("Lavc", "Lavf")}


def has_numbers(groups: int, explained: float) -> bool:
    """Whether so many groups, and such a share of all, are enough to judge ones by."""
    return groups >= LEAST_GROUPS and explained >= LEAST_EXPLAINED


@dataclass(frozen=True, slots=True)
class Numbers:
    """The whole numbers of a file, and what they tell of an earlier coding on the same grid."""

    codec: str
    integers: Integers
    log_odds: float | None
    bit_rate: int = 0
    why_not: str = ""
    is_measured: bool = True

    @property
    def raised(self) -> bool:
        """Whether its ones are missing: it was coded before at a lower rate."""
        return self.defined and self.integers.share_of_ones < FEWEST_ONES[self.codec]

    @property
    def lowered(self) -> bool:
        """Whether it differs from a coding of the same sound without history."""
        return not self.raised and self.log_odds is not None and self.log_odds > 0

    @property
    def defined(self) -> bool:
        """Whether there are numbers enough, of a bit rate at which their share was measured."""
        return self.is_measured and has_numbers(self.integers.telling, self.integers.explained)

    def measures(self) -> list[Measure]:
        """What was measured, for the report."""
        share = 100 * self.integers.share_of_ones if self.defined else None
        few = (
            f"only {self.integers.telling} groups of numbers could be got back, "
            f"{LEAST_GROUPS} are needed"
            if self.is_measured
            else "measured up to 128 kbit/s alone"
        )
        return [
            Measure("ones among the small numbers", share, "%", note="" if self.defined else few),
            Measure(
                "spread of the numbers against a coding without history",
                self.log_odds,
                "(above 0, an earlier coding is likely)",
                digits=2,
                note=self.why_not,
            ),
        ]


def numbers_at(recording: Recording, found: Searched, claimed: str) -> Numbers | None:
    """Get the numbers back at the file's own grid; None where it has none that shows."""
    own = [g for g in found.generations.grids if g.is_own and g.codec.name == claimed]
    if claimed not in FEWEST_ONES or not own:
        return None
    codec, offset = own[0].codec, own[0].offset
    tape, facts = sound(recording, found.channel), recording.facts
    here = integers(tape, codec=codec, offset=offset)
    if facts.bit_rate is None or facts.bit_rate > MOST_BIT_RATE:
        return Numbers(claimed, here, None, why_not=_MEASURED_ON, is_measured=False)
    bit_rate = coded_again.constant_bit_rate(codec, facts.bit_rate)
    if bit_rate is None or facts.sample_rate_hz not in coded_again.RATES_HZ or facts.channels > 1:
        return Numbers(claimed, here, None, why_not=_MEASURED_ON)
    named = read_structure(recording.exhibit.path).encoders
    if not any(name.startswith(_MEASURED_ENCODERS[claimed]) for name in named):
        return Numbers(claimed, here, None, why_not=_NOT_NAMED)
    differences = coded_again.against_once(
        tape, codec=codec, offset=offset, sample_rate_hz=facts.sample_rate_hz, bit_rate=bit_rate
    )
    if differences is None:
        return Numbers(claimed, here, None, why_not="too few numbers could be got back")
    return Numbers(claimed, here, coded_again.log_odds(codec, differences), bit_rate)
