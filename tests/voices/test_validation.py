"""A system is tried on people that it has not heard, and what it then says stays within what was seen."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from earwitness.signal.rooms import in_room
from earwitness.voices.calibration import logistic
from earwitness.voices.comparison import compared, known_pieces, log10_lr_of
from earwitness.voices.embedder import Embedded, cut, embedded_for
from earwitness.voices.mel import frame_count
from earwitness.voices.population import Durations, Speaker, Spoken, durations, joined
from earwitness.voices.scoring import Background, _reduced, learn
from earwitness.voices.turns import speakers_of
from earwitness.voices.validation import FOLDS, Trials, TriedOut, Validated, _together, try_out
from voices.people import spoken

EMBEDDER = Embedded(200.0, 3_300.0)
PEOPLE = 24


def side(sound: np.ndarray) -> Spoken:
    """All of a sound as speech."""
    everything = np.ones(frame_count(sound.size), dtype=bool)
    return joined([(EMBEDDER.features(sound, everything), everything)])


@cache
def population() -> tuple[Speaker, ...]:
    """Two dozen people, ten seconds each."""
    return tuple(
        Speaker(
            f"person {number}",
            side(spoken(number, 10.0)),
            side(spoken(number, 10.0, channel=True)),
        )
        for number in range(PEOPLE)
    )


@cache
def tried() -> tuple[TriedOut, Validated, Durations]:
    """The population, tried."""
    wanted = durations(population(), questioned_s=5.0, known_s=5.0)
    systems = try_out(EMBEDDER, population(), wanted)
    return systems, Validated(systems.trials, PEOPLE), wanted


def test_every_pair_is_of_people_of_one_fold() -> None:
    """So neither was heard by the system that compares them; each pair comes twice."""
    trials = tried()[0].trials
    assert (trials.questioned % FOLDS == trials.fold).all()
    assert (trials.known % FOLDS == trials.fold).all()
    assert int(trials.is_same.sum()) == 2 * PEOPLE
    assert int((~trials.is_same).sum()) == 2 * PEOPLE * (PEOPLE // FOLDS - 1)


def test_a_system_has_not_heard_those_it_is_tried_on() -> None:
    """The cohort of each fold holds the others only."""
    for system in tried()[0].systems:
        assert len(system.backend.known_cohort) == PEOPLE - PEOPLE // FOLDS


def test_what_is_learnt_from_alone_lessens_what_varies_there() -> None:
    """One direction in which voices vary in a third version alone counts for less than without it."""
    random = np.random.default_rng(1)
    voices = np.repeat(random.standard_normal((30, 8)), 4, axis=0)
    whose = np.repeat(np.arange(30), 4)

    def version(spread: float) -> Background:
        moved = voices + 0.3 * random.standard_normal(voices.shape)
        moved[:, 0] += spread * random.standard_normal(len(moved))
        return Background(moved.astype(np.float32), whose)

    sides = version(0.0), version(0.0)
    probe = np.eye(8, dtype=np.float32)
    alone, more = learn(*sides), learn(*sides, version(3.0))
    own = [
        np.linalg.norm(_reduced(probe, each.directions, each.gains), axis=1)
        for each in (alone, more)
    ]
    assert own[1][0] < 0.6 * own[0][0]
    assert own[1][1:].min() > own[0][1:].max()
    assert len(more.known_cohort) == len(alone.known_cohort) == 30


def test_a_person_who_is_lost_in_one_version_is_not_compared() -> None:
    """Every version has to hold enough speech of everybody."""
    frames = np.arange(1_000)
    heard = Spoken(np.zeros((1_000, 1), np.float32), frames)
    lost = Spoken(np.zeros((100, 1), np.float32), frames[:100])
    assert Speaker("a", heard, heard, in_room=heard).says_enough
    assert not Speaker("a", heard, heard, heard, lost).says_enough


def test_voices_are_told_apart_through_a_channel() -> None:
    """Far better than by chance, on people that were held out."""
    found = tried()[1].cost
    assert found.cllr_min < 0.5
    assert found.cllr < 0.7


def test_new_people_end_on_their_side_and_within_the_bounds() -> None:
    """People whom the population does not hold, each against themselves and against the next."""
    systems, validated, wanted = tried()
    new = range(100, 112)
    questioned = [side(spoken(number, 6.0, seed=1, channel=True)).rows for number in new]
    known = [side(spoken(number, 6.0, seed=2)).rows for number in new]
    values = log10_lr_of(validated, systems.scores(questioned, known))
    own = np.diag(values)
    others = values[~np.eye(len(own), dtype=bool)]
    assert own.mean() > 0 > others.mean()
    low, high = validated.bounds
    assert values.min() >= low - 1e-9 and values.max() <= high + 1e-9
    assert (others > 0).mean() < 0.3
    assert wanted.questioned_s <= 5.0


def test_the_interval_holds_its_own_number() -> None:
    """And lies within the bounds; the mean over known recordings is the mean of theirs."""
    systems, validated, wanted = tried()
    known = {name: side(spoken(3, 6.0, seed=seed)).rows for seed, name in ((5, "a"), (6, "b"))}
    pieces, of = known_pieces(known, piece_s=wanted.known_s)
    questioned = cut(side(spoken(3, 12.0, seed=7, channel=True)).rows, piece_s=4.0, most=20)
    result = compared(validated, systems.scores(questioned, pieces), of)
    assert validated.bounds[0] <= result.low <= result.log10_lr <= result.high
    assert result.high <= validated.bounds[1]
    assert result.log10_lr == pytest.approx(np.mean(list(result.by_known.values())), abs=1e-6)
    assert result.log10_lr == pytest.approx(result.by_piece.mean())


def test_the_same_again_gives_the_same() -> None:
    """To the last bit: seeds are fixed."""
    _, validated, wanted = tried()
    again = try_out(EMBEDDER, population(), wanted)
    assert np.array_equal(again.trials.scores, validated.trials.scores)


def test_parts_of_one_speaker_have_no_moment_in_common() -> None:
    """Questioned and known speech of a trial are of different times."""
    frames = np.arange(1_000)
    rows = np.arange(1_000, dtype=np.float32)[:, None]
    person = Speaker("a", Spoken(rows, frames), Spoken(rows, frames))
    for questioned, known in person.trials(0.5):
        assert not set(questioned[:, 0].tolist()) & set(known[:, 0].tolist())
    assert Speaker("b", Spoken(rows[:0], frames[:0]), Spoken(rows, frames)).trials(0.5) == ()


def in_rooms(speakers: tuple[Speaker, ...]) -> list[Speaker]:
    """Every other one heard in a room, too."""
    return [
        replace(
            each,
            in_room=side(in_room(spoken(n, 10.0, channel=True), sample_rate_hz=16_000, seed=n)),
        )
        if n % 2
        else each
        for n, each in enumerate(speakers)
    ]


def test_pairs_in_rooms_count_as_much_as_a_room_is_probable() -> None:
    """Those of the people who were heard in one; where there is none for sure, the others alone."""
    speakers = in_rooms(population())
    systems = try_out(EMBEDDER, speakers, tried()[2])
    trials = systems.trials
    assert set(trials.questioned[trials.in_room] % 2) == {1}
    assert int((trials.in_room & trials.is_same).sum()) == PEOPLE
    for probability in (0.25, 1.0):
        validated = Validated(trials, PEOPLE, probability)
        for kind in (validated.trials.is_same, ~validated.trials.is_same):
            counts, there = validated.counts[kind], validated.trials.in_room[kind]
            assert counts[there].sum() / counts.sum() == pytest.approx(probability)
            assert counts.sum() == pytest.approx(kind.sum())
    without = Validated(trials, PEOPLE)
    assert without.trials.scores.size == tried()[1].trials.scores.size
    assert (without.counts == 1).all()


def test_the_calibration_is_that_of_what_counts() -> None:
    """Pairs that come twice, and count half, leave line and cost as they are."""
    plain = tried()[1].trials
    doubled = _together([plain, replace(plain, in_room=~plain.in_room)])
    once, both = Validated(plain, PEOPLE), Validated(doubled, PEOPLE, 0.5)
    line, same_line = (logistic(each.trials.pairs(each.counts)) for each in (once, both))
    assert (same_line.slope, same_line.offset) == pytest.approx((line.slope, line.offset))
    way = "logistic regression"
    assert both.costs[way] == pytest.approx(once.costs[way])


def test_durations_are_those_that_half_the_population_has() -> None:
    """Never more than the case has, nor than a minute."""
    frames = np.arange(3_000)
    rows = np.zeros((3_000, 1), np.float32)
    people = [Speaker(str(n), Spoken(rows, frames), Spoken(rows, frames)) for n in range(3)]
    assert durations(people, questioned_s=5.0, known_s=5.0) == Durations(5.0, 5.0, 0.5)
    found = durations(people, questioned_s=1_000.0, known_s=50.0)
    assert (found.questioned_s, found.known_s) == (21.0, 9.0)


def test_two_people_in_one_recording_are_told_apart() -> None:
    """Twenty seconds of one, twelve of another: the first is number 0."""
    one = side(spoken(200, 20.0, seed=1, channel=True)).rows
    other = side(spoken(203, 12.0, seed=1, channel=True)).rows
    ready = EMBEDDER.ready([each.questioned.rows for each in population()])
    turns = speakers_of(np.concatenate([one, other]), ready, population())
    assert (turns[: len(one)] == 0).mean() > 0.8
    assert (turns[len(one) :] != 0).mean() > 0.8


def test_one_person_is_one_voice() -> None:
    """A recording of one speaker is not split."""
    rows = side(spoken(201, 30.0, seed=1, channel=True)).rows
    ready = EMBEDDER.ready([each.questioned.rows for each in population()])
    assert (speakers_of(rows, ready, population()) == 0).all()
    assert (speakers_of(rows[:300], ready, population()) == 0).all()


def test_draws_without_pairs_of_both_kinds_are_left_out() -> None:
    """Two speakers in one fold: a draw of one of them twice holds no pair of two."""
    trials = Trials(
        scores=np.array([1.0, 1.2, -1.0, -1.1]),
        questioned=np.array([0, 1, 0, 1]),
        known=np.array([0, 1, 1, 0]),
        fold=np.zeros(4, dtype=np.int64),
        in_room=np.zeros(4, dtype=bool),
    )
    assert 0 < len(Validated(trials, 2).draws) < 200


def test_the_band_is_that_of_the_questioned_recording() -> None:
    """Wide where it is wide, and a telephone's where it is a telephone's."""
    assert embedded_for(None) == Embedded()
    assert embedded_for(3_400.0) == Embedded(200.0, 3_300.0)
    assert embedded_for(3_400.0, 300.0) == Embedded(300.0, 3_300.0)
    assert embedded_for(3_400.0, 150.0) == Embedded(200.0, 3_300.0)
    assert embedded_for(100.0).high_hz == 3_300.0  # a dull voice, not a narrow band


def test_pieces_are_spread_evenly() -> None:
    """And a rest that is too short is left out."""
    rows = np.arange(1_000, dtype=np.float32)[:, None]
    assert [len(piece) for piece in cut(rows, piece_s=3.0, most=20)] == [300, 300, 300]
    assert [len(piece) for piece in cut(rows[:440], piece_s=3.0, most=20)] == [300]
    assert [len(piece) for piece in cut(rows[:450], piece_s=3.0, most=20)] == [300]
    assert len(cut(rows, piece_s=1.0, most=4)) == 4
    assert len(cut(rows[:50], piece_s=1.0, most=4)[0]) == 50
