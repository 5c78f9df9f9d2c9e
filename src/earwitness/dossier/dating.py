"""One interval from all evidence of time: not before, not after, and which evidence carries each end.

Evidence comes as constraints: between two points in time lie at least and at most so many seconds.
A point is whatever happens at one moment, named in words: a passage was spoken, a recording was
released, an event took place. A date such as "late 2015" is a constraint between the calendar
and a point. Points hang together in a network, so that a dated event bounds a passage that mentions it.

Source: Dechter, Meiri and Pearl 1991, Temporal constraint networks, Artificial Intelligence 49
(the simple temporal problem: its bounds are shortest paths, and it contradicts itself where there
is a negative cycle); Cherkassky and Goldberg 1999, Negative-cycle detection algorithms, Mathematical
Programming 85 (looking for a cycle among the parents now and then).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from earwitness.errors import BadStatement

CALENDAR = ""  # the point from which dates are counted: 1 January 1970, 00:00 UTC
MAX_CONSTRAINTS = 100_000
MAX_CONFLICTS = 20
_FAR = 1 << 62  # farther than any moment: not reached
Holds = Callable[[Sequence["Constraint"]], bool]


@dataclass(frozen=True, slots=True)
class Constraint:
    """Between two points lie at least ``least`` and at most ``most`` seconds; None is no bound.

    Attributes
    ----------
    earlier, later : str
        The points; ``CALENDAR`` for a date. Bounds may be negative: the names only give direction.
    least, most : int or None
    why : str
        The evidence, as a sentence without a full stop.
    source : str
        Who says so, or where it was read.
    hedge : str
        The words that make it less than sure; empty where it is sure.
    """

    earlier: str
    later: str
    least: int | None
    most: int | None
    why: str
    source: str = ""
    hedge: str = ""

    def __post_init__(self) -> None:
        if self.earlier == self.later:
            raise BadStatement("a point in time is bound to itself", got=self.later or "calendar")
        if self.least is not None and self.most is not None and self.least > self.most:
            raise BadStatement(
                "no time lies between these bounds", got=f"{self.least} to {self.most}"
            )


@dataclass(frozen=True, slots=True)
class End:
    """One end of an interval: where it lies, what carries it, and what would move it.

    Attributes
    ----------
    at_s : int
        Seconds from the calendar's beginning.
    carried_by : tuple of Constraint
        A smallest set that gives this end: without any one of them, the others do not.
    rests_on : tuple of (Constraint, int or None)
        Those of them that are hedged and without which all evidence gives another end, and which
        end that is; None where none would be left.
    """

    at_s: int
    carried_by: tuple[Constraint, ...]
    rests_on: tuple[tuple[Constraint, int | None], ...]


@dataclass(frozen=True, slots=True)
class Interval:
    """When a point lies: not before, and not after; None where nothing bounds it."""

    not_before: End | None
    not_after: End | None


class TimeNetwork:
    """Constraints, checked against each other.

    Parameters
    ----------
    constraints : iterable of Constraint

    Raises
    ------
    BadStatement
        If there are more than ``MAX_CONSTRAINTS``.
    """

    def __init__(self, constraints: Iterable[Constraint]) -> None:
        self.constraints = tuple(constraints)
        if len(self.constraints) > MAX_CONSTRAINTS:
            raise BadStatement("there are too many constraints", got=f"{len(self.constraints):,}")

    @cached_property
    def conflicts(self) -> tuple[tuple[Constraint, ...], ...]:
        """Smallest sets that contradict themselves; without any one of a set, the others agree.

        A set is looked for, one of its members is set aside, and the next set is looked for, up to
        ``MAX_CONFLICTS``; so every set that is given is one, and after setting aside one of each
        the rest agrees.
        """
        found: list[tuple[Constraint, ...]] = []
        left, graph = self.constraints, self._all
        while len(found) < MAX_CONFLICTS:
            cycle = graph.negative_cycle()
            if cycle is None:
                break
            smallest = _smallest(cycle, lambda part: _Graph(part).negative_cycle() is not None)
            found.append(smallest)
            weakest = max(smallest, key=lambda one: bool(one.hedge))
            left = tuple(one for one in left if one is not weakest)
            graph = _Graph(left)
        return tuple(found)

    @cached_property
    def agreed(self) -> tuple[Constraint, ...]:
        """The constraints that are in no conflict.

        What follows from these alone holds whichever way the conflicts are decided. Where more than
        ``MAX_CONFLICTS`` were found, it may still contradict itself.
        """
        in_conflict = {id(one) for conflict in self.conflicts for one in conflict}
        return tuple(one for one in self.constraints if id(one) not in in_conflict)

    def without_hedged(self) -> TimeNetwork:
        """The network of those constraints that are in no conflict and not hedged."""
        return TimeNetwork(one for one in self.agreed if not one.hedge)

    def interval(self, point: str) -> Interval:
        """When a point lies, judged by the constraints that are in no conflict.

        Raises
        ------
        BadStatement
            If these still contradict themselves.
        """
        return Interval(
            not_before=_end(self._graph, point, latest=False),
            not_after=_end(self._graph, point, latest=True),
        )

    @cached_property
    def _all(self) -> _Graph:
        return _Graph(self.constraints)

    @cached_property
    def _graph(self) -> _Graph:
        return _Graph(self.agreed) if self.conflicts else self._all


def _end(graph: _Graph, point: str, *, latest: bool) -> End | None:
    found = graph.bound(point, latest=latest)
    if found is None:
        return None
    at_s, path = found

    def carries(part: Sequence[Constraint]) -> bool:
        given = _Graph(part).bound(point, latest=latest)
        return given is not None and given[0] == at_s

    carried_by = _smallest(path, carries)
    rests_on = []
    for one in carried_by:
        if not one.hedge:
            continue
        other = graph.bound(point, latest=latest, without=one)
        if other is None or other[0] != at_s:
            rests_on.append((one, other[0] if other else None))
    return End(at_s, carried_by, tuple(rests_on))


def _smallest(constraints: Sequence[Constraint], holds: Holds) -> tuple[Constraint, ...]:
    """Leave out, one after the other, what is not needed for something to hold."""
    kept = list(constraints)
    for one in list(kept):
        fewer = [each for each in kept if each is not one]
        if holds(fewer):
            kept = fewer
    return tuple(kept)


class _Graph:
    """Constraints as edges: the target lies at most the edge's weight after its origin."""

    def __init__(self, constraints: Sequence[Constraint]) -> None:
        self.numbers: dict[str, int] = {CALENDAR: 0}
        self.origins: list[int] = []
        self.targets: list[int] = []
        self.weights: list[int] = []
        self.constraints: list[Constraint] = []
        for one in constraints:
            earlier = self.numbers.setdefault(one.earlier, len(self.numbers))
            later = self.numbers.setdefault(one.later, len(self.numbers))
            if one.most is not None:
                self._add(earlier, later, one.most, one)
            if one.least is not None:
                self._add(later, earlier, -one.least, one)

    def _add(self, origin: int, target: int, weight: int, constraint: Constraint) -> None:
        self.origins.append(origin)
        self.targets.append(target)
        self.weights.append(weight)
        self.constraints.append(constraint)

    def bound(
        self, point: str, *, latest: bool, without: Constraint | None = None
    ) -> tuple[int, tuple[Constraint, ...]] | None:
        """The earliest or latest second of a point, and the constraints on the path to it."""
        number = self.numbers.get(point)
        if number is None or number == 0:
            return None
        distances, parents, cycle = self._shortest([0], forwards=latest, without=without)
        if cycle:
            raise BadStatement("the constraints contradict themselves")
        distance = distances[number]
        if distance == _FAR:
            return None
        path = self._path(parents, number, forwards=latest)
        return (distance if latest else -distance), path

    def negative_cycle(self) -> tuple[Constraint, ...] | None:
        """The constraints of one cycle that contradicts itself, if there is any."""
        everywhere = list(range(len(self.numbers)))
        cycle = self._shortest(everywhere, forwards=True)[2]
        return self._distinct(cycle) if cycle else None

    def _shortest(
        self, begin: Sequence[int], *, forwards: bool, without: Constraint | None = None
    ) -> tuple[list[int], list[int], list[int]]:
        """Shortest distances, the edge by which each was reached, and a negative cycle's edges.

        Backwards, every edge is taken from its target to its origin.
        """
        heads = self.targets if forwards else self.origins
        tails = self.origins if forwards else self.targets
        leaving: list[list[tuple[int, int, int]]] = [[] for _ in self.numbers]
        for edge, (tail, head, weight) in enumerate(zip(tails, heads, self.weights, strict=True)):
            if self.constraints[edge] is not without:
                leaving[tail].append((head, weight, edge))
        distances = [_FAR] * len(self.numbers)
        parents = [-1] * len(self.numbers)
        waiting = [False] * len(self.numbers)
        for number in begin:
            distances[number], waiting[number] = 0, True
        queue, changed = deque(begin), 0
        while queue:
            number = queue.popleft()
            waiting[number] = False
            so_far = distances[number]
            for head, weight, edge in leaving[number]:
                if so_far + weight >= distances[head]:
                    continue
                distances[head], parents[head] = so_far + weight, edge
                changed += 1
                if not waiting[head]:
                    waiting[head] = True
                    queue.append(head)
            if changed > len(parents):
                changed = 0
                cycle = _cycle_among(parents, tails)
                if cycle:
                    return distances, parents, cycle
        return distances, parents, []

    def _path(
        self, parents: Sequence[int], number: int, *, forwards: bool
    ) -> tuple[Constraint, ...]:
        tails = self.origins if forwards else self.targets
        edges: list[int] = []
        while parents[number] >= 0 and len(edges) <= len(parents):
            edges.append(parents[number])
            number = tails[parents[number]]
        return self._distinct(edges)

    def _distinct(self, edges: Iterable[int]) -> tuple[Constraint, ...]:
        return tuple(
            {id(self.constraints[edge]): self.constraints[edge] for edge in edges}.values()
        )


def _cycle_among(parents: Sequence[int], tails: Sequence[int]) -> list[int]:
    """The edges of a cycle among the parents; empty if they form a forest."""
    seen = [0] * len(parents)
    for start in range(len(parents)):
        number = start
        while number >= 0 and not seen[number]:
            seen[number] = start + 1
            edge = parents[number]
            number = tails[edge] if edge >= 0 else -1
        if number >= 0 and seen[number] == start + 1:
            return _around(parents, tails, number)
    return []


def _around(parents: Sequence[int], tails: Sequence[int], number: int) -> list[int]:
    edges, place = [parents[number]], tails[parents[number]]
    while place != number:
        edges.append(parents[place])
        place = tails[parents[place]]
    return edges
