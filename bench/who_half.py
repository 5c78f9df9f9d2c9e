"""A half of the speakers as a population, in each way, for the other half's recordings."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import numpy as np
from heard_conditions import Floats
from who_data import (
    Person,
    all_of,
    conditions,
    people,
    questioned_recording,
    readers,
    sound_recording,
)

from earwitness.examinations._voice_conditions import (
    BESIDE_SPEECH_S,
    Conditions,
    a_few,
    first_part,
    of_most,
)
from earwitness.examinations.voice import LEAST_SNR_DB
from earwitness.signal.chains import Chain, chain_of, send_through
from earwitness.signal.low_cut import with_low_cut
from earwitness.signal.recording import BASE_RATE_HZ, Recording
from earwitness.signal.rooms import in_room
from earwitness.signal.speech import Speech
from earwitness.voices.embedder import Embedder, embedded_for
from earwitness.voices.mel import STEP_S, frame_count
from earwitness.voices.population import Speaker, Spoken, joined
from earwitness.voices.validation import FOLDS

WAYS = ("matched", "clean", "case", "rooms", "true")
QUIETEST_DB = 99.0  # where noise is not told


class Bench:
    """The people and the conditions, with what was computed of them in a folder."""

    def __init__(
        self, data: Path, folder: Path, turns: int, halves: Sequence[int], *, split: int = 0
    ) -> None:
        everybody = people(data)
        order = np.arange(len(everybody))
        if split:
            order = np.random.default_rng(split).permutation(order)
        self.people = [everybody[number] for number in order]
        self.split = split
        self.folder = folder
        self.turns = range(turns)
        self._halves = halves
        self._spoken: dict[tuple[str, str], Spoken] = {}
        crowd = [reader.whole for reader in readers(data)[-10:]]
        self.conditions = conditions(crowd)

    def halves(self) -> Iterator[tuple[int, list[Person], list[Person]]]:
        """Each half's number, its population and the test people: every other one in order, or as drawn."""
        for number in self._halves:
            yield number, self.people[number::2], self.people[1 - number :: 2]

    def questioned(self, person: Person, turn: int, name: str) -> Recording:
        return questioned_recording(person, turn, name, self.conditions[name], self.folder)

    def known(self, person: Person, turn: int) -> Recording:
        name = f"known {person.name} {turn}"
        return sound_recording(name, lambda: person.turns[turn][1], self.folder)

    def whole(self, person: Person) -> Recording:
        return sound_recording(f"whole {person.name}", lambda: person.whole, self.folder)

    def spoken(self, recording: Recording, embedder: Embedder) -> Spoken:
        """The features of a recording, kept for the next condition of the same band."""
        key = (recording.exhibit.sha256, embedder.key)
        if key not in self._spoken:
            self._spoken[key] = features_of(recording, embedder)
        return self._spoken[key]

    def through(
        self,
        person: Person,
        chain: Chain,
        name: str,
        seed: int,
        *,
        room: bool = False,
        folder: Path | None = None,
    ) -> Recording:
        """A person of the population in the conditions of another recording, in a room first or not."""
        whole = self.whole(person)

        def sound() -> Floats:
            given = np.asarray(whole.signal())
            if room:
                given = in_room(given, sample_rate_hz=BASE_RATE_HZ, seed=seed)
            return send_through(
                given, chain, sample_rate_hz=BASE_RATE_HZ, speech=whole.speech, seed=seed
            )

        split = f" split {self.split}" if self.split else ""
        return sound_recording(f"through {name} {person.name}{split}", sound, folder or self.folder)


def features_of(recording: Recording, embedder: Embedder) -> Spoken:
    """The features of what is said in a recording."""
    signal = np.asarray(recording.signal())
    in_speech = recording.speech.mask(frame_count(signal.size), STEP_S)
    return joined([(embedder.features(signal, in_speech), in_speech)])


def is_refused(chain: Chain) -> bool:
    """Whether voice_v1 would not compare such a recording: too much noise, or what it takes for noise."""
    return chain.snr_db is not None and chain.snr_db < LEAST_SNR_DB


def few(bench: Bench, population: list[Person]) -> list[tuple[Floats, Speech]]:
    """The beginnings of a few people of a population, beside whom conditions are told."""
    return [first_part(bench.whole(person), BESIDE_SPEECH_S) for person in a_few(population)]


Sides = list[list[tuple[Spoken, Spoken]]]


@dataclass(frozen=True)
class Group:
    """A population, and the numbers of those whose recordings it is for, questioned and known.

    With ``tells_rooms``, how probable a room is, is told of each questioned recording.
    """

    speakers: list[Speaker]
    questioned: list[int]
    known: list[int]
    tells_rooms: bool = False


Part = Callable[[], list[Group]]  # made when it is come to


def half(
    bench: Bench,
    name: str,
    population: list[Person],
    test: list[Person],
    embedder_for: Callable[[float | None, float | None], Embedder] = embedded_for,
) -> tuple[Embedder, dict[str, list[Part]], Sides]:
    """The population in each way, and for each turn the test people's questioned and known speech.

    A way has one part for all questioned recordings, or one for each.
    """
    test = [each for each in test if not is_refused(chain_of(bench.questioned(each, 0, name)))]
    told = told_of(bench, name, population, test)
    every = [each for group in told for each in group.conditions]
    embedder = embedder_for(
        of_most([each.cut_off_hz for each in every]), of_most([each.low_cut_hz for each in every])
    )

    def sent(group: Told, side: str) -> list[Spoken]:
        """The population in the conditions of a side; of "room", in a room and then as questioned."""
        found = []
        for number, person in enumerate(population):
            its = group.conditions[number // FOLDS % len(group.conditions)]
            chain, seed = its.questioned, 2 * number
            if side == "known":
                chain, seed = its.known_for(0), seed + 1
            there = bench.through(
                person, chain, f"{side} {group.which} {name}", seed, room=side == "room"
            )
            found.append(bench.spoken(there, embedder))
        return found

    received = [bench.spoken(bench.whole(person), embedder) for person in population]

    def in_rooms() -> list[Spoken]:
        return [
            bench.spoken(bench.through(person, Chain(), "room", 2 * number, room=True), embedder)
            for number, person in enumerate(population)
        ]

    def very() -> list[Spoken]:
        return [
            bench.spoken(bench.questioned(all_of(person), 0, name), embedder)
            for person in population
        ]

    everybody = list(range(len(test)))

    @cache
    def known_sides() -> list[list[Spoken]]:
        return [sent(group, "known") for group in told]

    def matched() -> list[Group]:
        found = []
        for group, known in zip(told, known_sides(), strict=True):
            sides_ = known, sent(group, "questioned"), sent(group, "room")
            of_all = speakers(population, *sides_, received)
            found.append(Group(of_all, everybody, group.people, tells_rooms=True))
        return found

    def case(number: int) -> list[Group]:
        asked = bench.questioned(test[number], 0, name)
        chain = with_low_cut(chain_of(asked), asked.signal(), few(bench, population))
        own = [sent_once(bench, population, chain, embedder, room=room) for room in (False, True)]
        return [
            Group(
                speakers(population, known, *own, received),
                [number],
                group.people,
                tells_rooms=True,
            )
            for group, known in zip(told, known_sides(), strict=True)
        ]

    def alike(questioned: list[Spoken], there: list[Spoken] | None = None) -> list[Group]:
        return [Group(speakers(population, received, questioned, there), everybody, everybody)]

    parts: dict[str, list[Part]] = {
        "matched": [matched],
        "clean": [lambda: alike(received)],
        "case": [partial(case, number) for number in everybody],
        "rooms": [lambda: alike(received, in_rooms())],
        "true": [lambda: alike(very(), in_rooms())],
    }
    sides = [
        [
            (
                bench.spoken(bench.questioned(person, turn, name), embedder),
                bench.spoken(bench.known(person, turn), embedder),
            )
            for person in test
        ]
        for turn in bench.turns
    ]
    return embedder, parts, sides


def sent_once(
    bench: Bench, population: list[Person], chain: Chain, embedder: Embedder, *, room: bool
) -> list[Spoken]:
    """A population in the conditions of one questioned recording; its sounds are not kept."""
    with tempfile.TemporaryDirectory(dir=bench.folder) as folder:
        return [
            features_of(
                bench.through(person, chain, "once", 2 * number, room=room, folder=Path(folder)),
                embedder,
            )
            for number, person in enumerate(population)
        ]


def speakers(
    people_: list[Person],
    known: list[Spoken],
    questioned: list[Spoken],
    in_rooms: list[Spoken] | None = None,
    received: list[Spoken] | None = None,
) -> list[Speaker]:
    """People with both sides of each, and the other versions that are learnt from."""
    none = [None] * len(people_)
    return [
        Speaker(person.name, *both, received=as_it_came, in_room=in_room)
        for person, *both, in_room, as_it_came in zip(
            people_, known, questioned, in_rooms or none, received or none, strict=True
        )
    ]


@dataclass(frozen=True)
class Told:
    """The noisier or the quieter half of some people: their numbers, and conditions of every third.

    Both recordings of a person are of one session, and so are those of which the conditions are.
    """

    which: str
    people: list[int]
    conditions: list[Conditions]


def told_of(bench: Bench, name: str, population: list[Person], test: list[Person]) -> list[Told]:
    """What the workbench tells of people's recordings, in two groups by how noisy the known ones are.

    A case has a few known recordings, and its population goes through their conditions alone. A
    population that went through those of all fifty would be noisier than most of them.
    """
    others = few(bench, population)
    recordings = [(bench.questioned(each, 0, name), bench.known(each, 0)) for each in test]
    chains = [(chain_of(asked), chain_of(known)) for asked, known in recordings]
    order = np.argsort([QUIETEST_DB if each.snr_db is None else each.snr_db for _, each in chains])

    def conditions_of(number: int) -> Conditions:
        asked, known = (
            with_low_cut(chain, recording.signal(), others)
            for chain, recording in zip(chains[number], recordings[number], strict=True)
        )
        return Conditions(asked, {"": known})

    return [
        Told(which, part.tolist(), [conditions_of(number) for number in part[::3].tolist()])
        for which, part in zip(("noisier", "quieter"), np.array_split(order, 2), strict=True)
    ]
