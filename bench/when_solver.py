"""When, from all evidence: the cases worked out by hand, random networks against brute force, and speed.

python bench/when_solver.py [--networks 1000]
"""

from __future__ import annotations

import argparse
import random
import time
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from earwitness.dossier.dating import CALENDAR, Constraint, End, TimeNetwork
from earwitness.dossier.dating_lines import read_lines, shown

CASES = Path(__file__).parent.parent / "tests" / "dossier" / "dating_cases.toml"
WIDTH = 7  # seconds that a point of a small network may take: 0 to 6
FAR = 18  # seconds: three constraints of at most six each cannot reach farther


def cases() -> list[dict[str, Any]]:
    """The cases with their answers."""
    found: list[dict[str, Any]] = tomllib.loads(CASES.read_text("utf-8"))["case"]
    return found


def wrong(case: dict[str, Any]) -> str:
    """What a case answers otherwise than it should; empty if nothing."""
    lines = read_lines("\n".join(case["lines"]), today=case.get("today"))
    network = TimeNetwork(lines)
    numbers = {id(one): number for number, one in enumerate(lines, 1)}
    conflicts = sorted(sorted(numbers[id(c)] for c in conflict) for conflict in network.conflicts)
    if conflicts != case.get("conflicts", []):
        return f"conflicts {conflicts}"
    interval = network.interval(case.get("point", "made"))
    for side, end in (("before", interval.not_before), ("after", interval.not_after)):
        if (shown(end.at_s) if end else "") != case.get(f"not_{side}", ""):
            return f"not {side} {end and shown(end.at_s)}"
        if end and (said := _wrong_end(case, side, end, numbers)):
            return said
    return ""


def _wrong_end(case: dict[str, Any], side: str, end: End, numbers: dict[int, int]) -> str:
    by = sorted(numbers[id(one)] for one in end.carried_by)
    one_of = case.get(f"{side}_by_one_of")
    if by != case.get(f"{side}_by") and not (one_of and len(by) == 1 and by[0] in one_of):
        return f"{side} is carried by {by}"
    asked = case.get(f"{side}_rests_on")
    given = [
        {"line": numbers[id(one)], "without": shown(at_s) if at_s is not None else ""}
        for one, at_s in end.rests_on
    ]
    return "" if given == ([asked] if asked else []) else f"{side} rests on {given}"


@dataclass(frozen=True, slots=True)
class Small:
    """A network that can be tried out: every point takes every second from 0 to 6."""

    points: tuple[str, ...]
    constraints: tuple[Constraint, ...]


def small(rng: random.Random, *, consistent: bool) -> Small:
    """A random network of two to four points; a consistent one holds for times that were drawn."""
    points = tuple(f"p{number}" for number in range(rng.randint(2, 4 if consistent else 3)))
    truth = {point: rng.randrange(WIDTH) for point in points} | {CALENDAR: 0}
    constraints = [Constraint(CALENDAR, point, 0, WIDTH - 1, "bounds") for point in points]
    for number in range(rng.randint(2, 9)):
        earlier, later = rng.sample((*points, CALENDAR), 2)
        apart = truth[later] - truth[earlier] if consistent else rng.randint(-4, 4)
        least = apart - rng.randint(0, 2) if rng.random() < 0.7 else None
        most = apart + rng.randint(0, 2) if least is None or rng.random() < 0.5 else None
        hedge = "perhaps" if rng.random() < 0.3 else ""
        constraints.append(Constraint(earlier, later, least, most, str(number), hedge=hedge))
    return Small(points, tuple(constraints))


def possible(
    points: Sequence[str], constraints: Sequence[Constraint], reach: int = 0
) -> np.ndarray:
    """All ways in which the constraints hold, by trying [shape=(number of ways, number of points)].

    ``reach`` tries so many seconds beyond the usual to both sides.
    """
    axes = np.meshgrid(*[np.arange(-reach, WIDTH + reach)] * len(points), indexing="ij")
    at = dict(zip(points, axes, strict=True)) | {CALENDAR: np.zeros_like(axes[0])}
    holds = np.ones(axes[0].shape, dtype=bool)
    for one in constraints:
        apart = at[one.later] - at[one.earlier]
        holds &= one.least is None or apart >= one.least
        holds &= one.most is None or apart <= one.most
    return np.argwhere(holds) - reach


def wrong_small(network: Small) -> str:
    """What the solver says otherwise of a small network than trying out; empty if nothing."""
    solved = TimeNetwork(network.constraints)
    ways = possible(network.points, network.constraints)
    if bool(len(ways)) == bool(solved.conflicts):
        return "consistent or not"
    for conflict in solved.conflicts:
        if len(possible(network.points, conflict, reach=FAR)):
            return "a conflict that is none"
        for one in conflict:
            rest = [each for each in conflict if each is not one]
            if not len(possible(network.points, rest, reach=FAR)):
                return "a conflict that is not the smallest"
    if not len(ways):
        return ""
    for number, point in enumerate(network.points):
        interval = solved.interval(point)
        times = ways[:, number]
        ends = ((interval.not_before, times.min(), 1), (interval.not_after, times.max(), -1))
        for end, at_s, sign in ends:
            if end is None or end.at_s != at_s:
                return f"the ends of {point}"
            if not _carries(network, point, end, sign):
                return f"what carries {point}"
    return ""


def _carries(network: Small, point: str, end: End, sign: int) -> bool:
    """Whether the named constraints give this end, and no part of them does; by trying."""

    def gives(part: Sequence[Constraint]) -> bool:
        ways = possible(network.points, part, reach=2)
        times = ways[:, network.points.index(point)]
        return bool((sign * times >= sign * end.at_s).all())

    parts = ([each for each in end.carried_by if each is not one] for one in end.carried_by)
    return gives(end.carried_by) and not any(gives(part) for part in parts)


def many(count: int, *, chained: bool, seed: int = 7) -> list[Constraint]:
    """So many constraints that agree, between half as many points."""
    rng = random.Random(seed)
    names = [f"p{number}" for number in range(count // 2)]
    truth = {name: rng.randrange(10**9) for name in names} | {CALENDAR: 0}
    found = []
    for number in range(count):
        pair = names[number : number + 2] if chained else []
        earlier, later = pair if len(pair) == 2 else rng.sample((*names, CALENDAR), 2)
        apart, hedge = truth[later] - truth[earlier], "perhaps" if number % 3 == 0 else ""
        low, high = apart - rng.randrange(10**5), apart + rng.randrange(10**5)
        found.append(Constraint(earlier, later, low, high, str(number), hedge=hedge))
    return found


def main() -> None:
    """Run all and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--networks", type=int, default=1_000)
    asked = parser.parse_args()
    said = {case["name"]: wrong(case) for case in cases()}
    print(f"cases by hand: {sum(not each for each in said.values())} of {len(said)} as worked out")
    rng = random.Random(1)
    for consistent in (True, False):
        nets = [small(rng, consistent=consistent) for _ in range(asked.networks)]
        right = sum(not wrong_small(network) for network in nets)
        clashing = sum(bool(TimeNetwork(network.constraints).conflicts) for network in nets)
        print(
            f"random networks ({'drawn to agree' if consistent else 'any'}; {clashing} in conflict): "
            f"{right} of {len(nets)} as by brute force: ends, what carries them, smallest conflicts"
        )
    for chained in (False, True):
        constraints = many(10_000, chained=chained)
        began = time.process_time()
        network = TimeNetwork(constraints)
        clashes = len(network.conflicts)
        interval = network.interval("p77")
        seconds = time.process_time() - began
        carried = len(interval.not_before.carried_by) if interval.not_before else 0
        print(
            f"10,000 constraints ({'a chain of 5,000 points' if chained else 'drawn at random'}): "
            f"{seconds:.2f} s of one core, {clashes} conflicts, an end carried by {carried}"
        )


if __name__ == "__main__":
    main()
