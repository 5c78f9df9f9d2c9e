"""What each side of a voice comparison went through, so that the population goes through the same."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt

from earwitness.evidence.exhibit import Exhibit
from earwitness.examinations._contract import CaseView
from earwitness.outcome import canonical_json
from earwitness.signal.chains import Chain, chain_of
from earwitness.signal.low_cut import with_low_cut
from earwitness.signal.recording import BASE_RATE_HZ, Recording
from earwitness.signal.speech import FRAME_SAMPLES, Speech
from earwitness.signal.threads import on_threads
from earwitness.voices.mel import Floats
from earwitness.voices.validation import FOLDS

BESIDE_SPEECH_S: Final = 7.0  # of each of those beside whom a cut of low frequencies is told
_BESIDE_SPEAKERS: Final = 10
CACHED_AS: Final = "voice_4"  # with what is kept of recordings; another where the method is another
_MOST_NAMED: Final = 3
Person = TypeVar("Person")


@dataclass(frozen=True, slots=True)
class Conditions:
    """What each side of the comparison went through, and each side of the population goes through.

    Attributes
    ----------
    questioned : Chain
    known : mapping of str to Chain
        Of each known recording, by its SHA-256.
    left_out : tuple of str
        Codecs of known recordings for which there is no encoder.
    """

    questioned: Chain
    known: Mapping[str, Chain]
    left_out: tuple[str, ...] = ()

    def known_for(self, number: int) -> Chain:
        """The conditions of the known side of a person of the population: people take turns with them.

        Those of one fold of the validation are ``FOLDS`` apart, and take turns as well.
        """
        return list(self.known.values())[number // FOLDS % len(self.known)]

    @property
    def cut_off_hz(self) -> float | None:
        """Where the band ends that the questioned recording has, and most of the known ones too."""
        known_hz = of_most([each.cut_off_hz for each in self.known.values()])
        return min(_told(self.questioned.cut_off_hz, known_hz), default=None)

    @property
    def low_cut_hz(self) -> float | None:
        """Where that band begins."""
        known_hz = of_most([each.low_cut_hz for each in self.known.values()])
        return max(_told(self.questioned.low_cut_hz, known_hz), default=None)

    @property
    def key(self) -> str:
        """The same for the same conditions."""
        return "-".join(chain_key(each) for each in (self.questioned, *self.known.values()))

    @property
    def wording(self) -> str:
        """Both sides in words, for a report."""
        known = list(dict.fromkeys(each.wording for each in self.known.values()))
        more = len(known) - _MOST_NAMED
        listed = "; or ".join(known[:_MOST_NAMED]) + (f"; and {more} more" if more > 0 else "")
        return f"the questioned side: {self.questioned.wording}; the known side: {listed}"


def of_most(frequencies_hz: Sequence[float | None]) -> float | None:
    """The middle one of those that were told, if that is most of them."""
    told = _told(*frequencies_hz)
    return float(np.median(told)) if len(told) > len(frequencies_hz) / 2 else None


def _told(*frequencies_hz: float | None) -> list[float]:
    return [hz for hz in frequencies_hz if hz is not None]


def conditions_of(
    recording: Recording,
    chain: Chain,
    case: CaseView,
    known: Sequence[Exhibit],
    people: Mapping[str, Sequence[Exhibit]],
) -> Conditions:
    """The conditions of the questioned recording, whose chain is given, and of the known ones.

    A codec of a known recording for which there is no encoder is left out.
    """
    chosen = a_few([exhibits[0] for exhibits in people.values()])
    left_out: set[str] = set()

    def of_known(exhibit: Exhibit) -> Chain:
        its = case.recording(exhibit)
        measured = chain_of(its)
        left_out.update(each.wording for each in measured.codings if not each.can_be_done)
        doable = tuple(each for each in measured.codings if each.can_be_done)
        return _beside_the_population(its, case, chosen, replace(measured, codings=doable))

    own = _beside_the_population(recording, case, chosen, chain)
    with on_threads() as threads:
        chains = list(threads.map(of_known, known))
    by_sha256 = {each.sha256: its for each, its in zip(known, chains, strict=True)}
    return Conditions(own, by_sha256, tuple(sorted(left_out)))


def by_speaker(exhibits: Sequence[Exhibit]) -> dict[str, list[Exhibit]]:
    """The recordings of each person, in the order of their names; one without a name is one person."""
    found: dict[str, list[Exhibit]] = {}
    for exhibit in exhibits:
        found.setdefault(exhibit.speaker or exhibit.name, []).append(exhibit)
    return dict(sorted(found.items()))


def a_few(people: Sequence[Person]) -> Sequence[Person]:
    """The people beside whom conditions are told: ten, spread over all of them."""
    return people[:: max(1, len(people) // _BESIDE_SPEAKERS)][:_BESIDE_SPEAKERS]


def _beside_the_population(
    recording: Recording, case: CaseView, chosen: Sequence[Exhibit], chain: Chain
) -> Chain:
    """The chain of a recording with what a few people of the population tell of it."""
    others = hashlib.sha256("".join(each.sha256 for each in chosen).encode()).hexdigest()[:16]

    def compute() -> Mapping[str, npt.NDArray[np.generic]]:
        with on_threads() as threads:
            parts = list(
                threads.map(lambda each: first_part(case.recording(each), BESIDE_SPEECH_S), chosen)
            )
            told = with_low_cut(chain, recording.signal(), parts, each=threads.map)
        return {"low_cut_hz": np.array(_told(told.low_cut_hz))}

    told = recording.shared(f"{CACHED_AS}-stands-out-{chain_key(chain)}-{others}", compute)
    return replace(
        chain, low_cut_hz=float(told["low_cut_hz"][0]) if told["low_cut_hz"].size else None
    )


def chain_key(chain: Chain) -> str:
    """The same for the same chain."""
    noise = (
        b"" if chain.noise is None else np.round(10 * np.log10(chain.noise + 1e-20), 1).tobytes()
    )
    codings = [
        [each.codec, each.bit_rate, each.sample_rate_hz, each.channels] for each in chain.codings
    ]
    band_hz = [chain.low_cut_hz, chain.cut_off_hz]
    told = canonical_json([codings, band_hz, chain.speech_db, chain.snr_db])
    return hashlib.sha256(told.encode() + noise).hexdigest()[:16]


def first_part(recording: Recording, most_s: float | None) -> tuple[Floats, Speech]:
    """The beginning of a recording, up to so much net speech, and where somebody speaks in it."""
    speech = recording.speech
    signal = np.asarray(recording.signal()[: _enough(speech, most_s)])
    within = Speech(
        speech.probability[: -(-signal.size // FRAME_SAMPLES)],
        _up_to(speech.regions, signal.size),
    )
    return signal, within


def _enough(speech: Speech, most_s: float | None) -> int | None:
    """The sample up to which there is so much speech; None for all."""
    if most_s is None or speech.total_s <= most_s:
        return None
    lengths = np.cumsum(speech.regions[:, 1] - speech.regions[:, 0])
    last = int(np.searchsorted(lengths, most_s))
    return int(speech.regions[last, 1] * BASE_RATE_HZ)


def _up_to(regions: npt.NDArray[np.float64], samples: int) -> npt.NDArray[np.float64]:
    end_s = samples / BASE_RATE_HZ
    return np.clip(regions[regions[:, 0] < end_s], 0.0, end_s)
