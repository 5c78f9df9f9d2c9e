"""The process that examines: reads tasks from its parent, one JSON line each, and answers in kind.

It is a process of its own because a recording is hostile until examined: if a decoder crashes or
asks for all memory, only this process ends, and the parent notes the examination as Failed. It ends
by itself when its parent is gone.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import threading
import time
from pathlib import Path
from typing import IO, Any

from earwitness.engine.task import Task, task_from_json, view_of
from earwitness.errors import ExhibitAltered, UnknownExamination
from earwitness.examinations import carry_out
from earwitness.outcome import Failed, Outcome, outcome_to_json
from earwitness.signal.recording import Recording
from earwitness.store.vault import Vault

_PROGRESS_EVERY_S = 0.1
_MIN_MEMORY_BYTES = 4 << 30


def main() -> None:
    """Answer tasks until there are no more."""
    answers = private_answers()
    limit_memory()
    threading.Thread(target=end_with_parent, args=(os.getppid(),), daemon=True).start()
    intact: set[Path] = set()
    for line in sys.stdin.buffer:
        task = task_from_json(json.loads(line))
        started = time.monotonic()
        outcome = _examine(task, answers, intact)
        seconds = time.monotonic() - started
        answer(answers, {"outcome": outcome_to_json(outcome), "seconds": seconds})


def _examine(task: Task, answers: IO[bytes], intact: set[Path]) -> Outcome:
    last = 0.0

    def report(fraction: float, doing: str) -> None:
        nonlocal last
        if time.monotonic() - last >= _PROGRESS_EVERY_S:
            last = time.monotonic()
            answer(answers, {"progress": round(fraction, 3), "doing": doing})

    try:
        for exhibit in task.exhibits:
            if exhibit.path not in intact:
                Vault(exhibit.path.parent).require_intact(exhibit.sha256)
                intact.add(exhibit.path)
        examination, view = task.examination, view_of(task, report)
    except (ExhibitAltered, UnknownExamination) as error:
        return Failed(error=type(error).__name__, message=str(error))
    recording = Recording(
        task.exhibit, Path(task.cache), max_hours=task.max_hours, on_progress=report
    )
    return carry_out(examination, recording, view, task.parameters)


def private_answers() -> IO[bytes]:
    """A way to the parent that no library can write on: what they print goes to the error output."""
    descriptor = os.dup(1)
    os.dup2(2, 1)
    return os.fdopen(descriptor, "wb")


def answer(answers: IO[bytes], message: dict[str, Any]) -> None:
    """Send the parent one line."""
    answers.write(json.dumps(message).encode() + b"\n")
    answers.flush()


def limit_memory() -> None:
    """Let a decompression bomb end in a MemoryError rather than in a machine without memory."""
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = max(_MIN_MEMORY_BYTES, physical // 2)
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))


def end_with_parent(parent: int) -> None:
    """End this process as soon as its parent is gone."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


if __name__ == "__main__":
    main()
