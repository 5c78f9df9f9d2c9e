"""One interval from all evidence: answers worked out by hand, brute force, conflicts, and speed."""

from __future__ import annotations

import random
import sys
import time
from datetime import date
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "bench"))

from when_solver import cases, many, small, wrong, wrong_small

from earwitness.dossier import dating
from earwitness.dossier.dating import CALENDAR, Constraint, TimeNetwork
from earwitness.dossier.dating_lines import (
    TYPED_HEDGE,
    first_second,
    in_words,
    last_second,
    read_lines,
    shown,
)
from earwitness.errors import BadStatement


def test_there_are_thirty_cases() -> None:
    """Thirty or more, each with a name of its own."""
    assert len({case["name"] for case in cases()}) == len(cases()) >= 30


@pytest.mark.parametrize("case", cases(), ids=lambda case: case["name"])
def test_cases_by_hand(case: dict[str, object]) -> None:
    """Both ends, what carries them, what they rest on, and the contradictions are as worked out."""
    assert wrong(case) == ""


@pytest.mark.parametrize("consistent", [True, False], ids=["agree", "any"])
def test_random_networks_against_brute_force(consistent: bool) -> None:
    """Ends, smallest carrying sets and smallest conflicts are those that trying out all times gives."""
    rng = random.Random(11)
    for _ in range(120):
        network = small(rng, consistent=consistent)
        assert wrong_small(network) == "", network


def test_the_brute_force_notices(monkeypatch: pytest.MonkeyPatch) -> None:
    """A solver that is a second off, or names too much, is caught by the same check."""
    rng = random.Random(3)
    network = small(rng, consistent=True)
    monkeypatch.setattr(dating, "_smallest", lambda constraints, holds: network.constraints)
    assert wrong_small(network) != ""


@pytest.mark.parametrize("chained", [True, False])
def test_ten_thousand_constraints(chained: bool) -> None:
    """They are checked and solved for one point in less than a second of one core."""
    constraints = many(10_000, chained=chained)
    began = time.process_time()
    network = TimeNetwork(constraints)
    assert network.conflicts == ()
    interval = network.interval("p77")
    assert time.process_time() - began < 1.0
    assert interval.not_before is not None
    assert interval.not_after is not None


def test_many_conflicts_end() -> None:
    """A pile of contradictions is given up to a bound; what is left is said not to agree."""
    lines = "\n".join(f"made: {1900 + year}" for year in range(60))
    network = TimeNetwork(read_lines(lines))
    assert len(network.conflicts) == dating.MAX_CONFLICTS
    with pytest.raises(BadStatement):
        network.interval("made")


def test_the_hedged_of_a_conflict_is_set_aside_first() -> None:
    """So that the next conflict is looked for among what is surer."""
    network = TimeNetwork(read_lines("? made: 2010\nmade: 2012\nmade < March 2012"))
    assert len(network.conflicts) == 1
    assert network.without_hedged().interval("made").not_before is None


def test_order_does_not_matter() -> None:
    """The same constraints in another order give the same ends."""
    constraints = many(300, chained=False)
    mixed = constraints.copy()
    random.Random(5).shuffle(mixed)
    one, other = (TimeNetwork(each).interval("p9") for each in (constraints, mixed))
    assert one.not_before is not None
    assert other.not_before is not None
    assert one.not_before.at_s == other.not_before.at_s


def test_a_point_cannot_be_bound_to_itself() -> None:
    """Nor can bounds be crossed, nor can there be a hundred thousand of them."""
    with pytest.raises(BadStatement):
        Constraint("made", "made", 0, None, "nonsense")
    with pytest.raises(BadStatement):
        Constraint(CALENDAR, "made", 5, 4, "nonsense")
    with pytest.raises(BadStatement):
        TimeNetwork([Constraint(CALENDAR, "made", 0, 1, "")] * (dating.MAX_CONSTRAINTS + 1))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("made", "line 1"),
        ("# a remark\n\nmade: some day # or other", "line 3"),
        ("made < 3 May 2020\n: 3 May 2020", "line 2"),
        ("made > made", "line 1"),
        ("made < |", "line 1"),
        ("made > leak + 3 fortnights\nmade > + 3 days", "line 2"),
    ],
)
def test_damaged_lines_are_named(text: str, line: str) -> None:
    """The number of the line stands in the error."""
    with pytest.raises(BadStatement, match=line):
        read_lines(text)


def test_lines_are_read_in_words() -> None:
    """Source and hedge go with the evidence, and come out of it in words."""
    (one,) = read_lines("? The  Tape > leak + 2 days | a former officer")
    assert (one.earlier, one.later, one.least, one.most) == ("leak", "the tape", 172_800, None)
    assert one.hedge == TYPED_HEDGE
    assert in_words(one) == f"The  Tape > leak + 2 days (a former officer) [hedged: {TYPED_HEDGE}]"
    (other,) = read_lines("made < 2 May 2011 | reportedly an aide")
    assert other.hedge == "reportedly"


def test_days_and_moments() -> None:
    """A day is from its first to its last second in UTC; other moments show their time."""
    day = date(2014, 11, 13)
    assert shown(first_second(day)) == shown(last_second(day)) == "2014-11-13"
    assert shown(first_second(day) + 3_600) == "2014-11-13 01:00:00 UTC"
    assert shown(first_second(date(1953, 6, 2))) == "1953-06-02"


def test_relative_days_need_a_day_to_count_from() -> None:
    """ "Last week" is no date where it is not known of which day it is said."""
    with pytest.raises(BadStatement, match="no date"):
        read_lines("made: last week")
    assert read_lines("made: last week", today=date(2014, 11, 14))[0].least is not None
