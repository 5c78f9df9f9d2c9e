"""Reaching every outcome again, from the bytes."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace

from earwitness.engine.pool import Ended, carry_out_all
from earwitness.engine.task import Task
from earwitness.evidence.exhibit import Declared, Exhibit, Role
from earwitness.outcome import substance_hash
from earwitness.store.database import Examined
from earwitness.workbench.examining import ExaminingActs, OnEvent
from earwitness.workbench.results import Replayed


class ReplayActs(ExaminingActs):
    """Replaying a case."""

    def replay(self, *, on_event: OnEvent | None = None) -> Iterator[Replayed]:
        """Reach every outcome again, from the exhibits' bytes, at its recorded version and parameters.

        Nothing that was decoded or computed before is used. The case keeps its outcomes.

        Yields
        ------
        Replayed
            One for each outcome, in the order in which they end.
        """
        exhibits = {exhibit.sha256: exhibit for exhibit in self.exhibits}
        recorded = [each for each in self.outcomes() if each.exhibit in exhibits]
        same = 0
        with tempfile.TemporaryDirectory(prefix="earwitness-replay-") as cache:
            tasks = {
                (each.exhibit, each.method): self._task_again(each, exhibits, cache)
                for each in recorded
            }
            known = {(each.exhibit, each.method): each for each in recorded}
            for event in carry_out_all(
                list(tasks.values()), workers=self.case_file.settings.workers
            ):
                if on_event is not None:
                    on_event(event)
                if isinstance(event, Ended):
                    before = known[event.task.exhibit.sha256, event.task.method]
                    replayed = _compare(before, self._examined(event))
                    same += replayed.is_same
                    yield replayed
        details = {"outcomes": len(recorded), "same": same}
        self._folder.act("replay", changes=False, details=details)

    def _task_again(self, examined: Examined, exhibits: Mapping[str, Exhibit], cache: str) -> Task:
        """The task that an outcome was reached by, to be carried out in an empty cache."""
        consulted = examined.consulted
        return Task(
            exhibit=exhibits[examined.exhibit],
            method=examined.method,
            parameters=examined.parameters,
            seen={
                Role(role): tuple(
                    replace(
                        exhibits[sha256],
                        role=Role(role),
                        speaker=speaker,
                        declared=Declared(**(declared[0] if declared else {})),
                    )
                    for sha256, speaker, *declared in seen
                )
                for role, seen in consulted["exhibits"].items()
            },
            claims=consulted["claims"],
            archives=self._archives(self.case_file) if consulted["archives"] else (),
            grids=self._grids(self.case_file) if consulted.get("grids") else (),
            cache=cache,
            max_hours=self.case_file.settings.max_hours,
        )


def _compare(before: Examined, again: Examined) -> Replayed:
    names = sorted(set(before.versions) | set(again.versions))
    pairs = {
        name: (before.versions.get(name, "-"), again.versions.get(name, "-")) for name in names
    }
    for named in ("archives", "grids"):
        if before.consulted.get(named) != again.consulted.get(named):
            pairs[named] = ("as searched then", "changed since")
    return Replayed(
        examined=before,
        again=again,
        is_same=substance_hash(before.outcome) == substance_hash(again.outcome),
        has_same_figures=before.stored_sha256 == again.stored_sha256,
        other_versions={name: pair for name, pair in pairs.items() if pair[0] != pair[1]},
    )
