"""One worker process: started when there is a task for it, and started anew when it has died."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from earwitness.archive.worker import environment_of_workers
from earwitness.engine.task import Task
from earwitness.evidence.names import safe_text
from earwitness.outcome import Failed, Outcome, outcome_from_json

_COMMAND = [sys.executable, "-m", "earwitness.engine.worker"]
_LAST_WORDS = 2_000
_PATIENCE_S = 10.0
_SIGNALS = {int(each): each.name for each in signal.Signals}

Tell = Callable[[float, str], None]  # how far the task is, from 0 to 1, and what is done


class WorkerProcess:
    """Carries out one task after the other, each to an outcome; of use to one thread at a time."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._last_words: IO[bytes] | None = None
        self._ended = False
        self._starting = threading.Lock()

    @property
    def is_ended(self) -> bool:
        """Whether ``end`` was called, so that it carries out nothing more."""
        return self._ended

    def carry_out(self, task: Task, tell: Tell) -> tuple[Outcome, float]:
        """Carry out a task; that the process died is an outcome too. Gives also how long it took."""
        try:
            process = self._ready_process()
            assert process.stdin is not None and process.stdout is not None
            process.stdin.write(json.dumps(task.to_json()).encode() + b"\n")
            process.stdin.flush()
            for line in process.stdout:
                message: dict[str, Any] = json.loads(line)
                if "outcome" in message:
                    return outcome_from_json(message["outcome"]), float(message["seconds"])
                tell(message["progress"], message["doing"])
        except OSError as error:
            return self._died(task, str(error)), 0.0
        except (ValueError, KeyError, TypeError, AttributeError) as error:  # half a line, or babble
            return self._died(task, str(error)), 0.0
        return self._died(task, ""), 0.0

    def _ready_process(self) -> subprocess.Popen[bytes]:
        with self._starting:
            if self._ended:
                raise ChildProcessError("nobody waits for it any more")
            if self._process is None or self._process.poll() is not None:
                self._close_streams()
                self._process = None
                self._last_words = tempfile.TemporaryFile()  # noqa: SIM115  (closed with the rest)
                self._process = subprocess.Popen(  # noqa: S603  (our own module, no shell)
                    _COMMAND,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=self._last_words,
                    env={**environment_of_workers(), "PYTHONUNBUFFERED": "1"},
                    cwd=Path("/"),
                    start_new_session=True,  # Ctrl-C is for the parent, which then ends its workers
                )
            return self._process

    def _died(self, task: Task, cause: str) -> Failed:
        code = self._exit_code()
        words = self._read_last_words()
        if code is not None and code < 0:
            how = f"was ended by {_SIGNALS.get(-code, f'signal {-code}')}"
        else:
            how = f"ended with exit code {code}" if code is not None else f"did not start: {cause}"
        message = f"the process that carried out {task.method} {how}"
        return Failed(error="WorkerDied", message=f"{message}; {words}" if words else message)

    def _read_last_words(self) -> str:
        if self._last_words is None:
            return ""
        size = self._last_words.seek(0, os.SEEK_END)
        self._last_words.seek(max(0, size - _LAST_WORDS))
        lines = self._last_words.read().decode("utf-8", "replace").strip().splitlines()
        return safe_text(lines[-1]) if lines else ""

    def _exit_code(self) -> int | None:
        """How the process ended; one that stopped answering but lives on is killed."""
        if self._process is None:
            return None
        try:
            return self._process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def end(self) -> None:
        """End the process, whatever it is doing; may be called from another thread."""
        with self._starting:
            self._ended = True
            self._kill()

    def close(self) -> None:
        """End the process when it does nothing any more, and close all that led to it."""
        self.end()
        self._close_streams()

    def _kill(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def _close_streams(self) -> None:
        process = self._process
        for stream in (process and process.stdin, process and process.stdout, self._last_words):
            if stream:
                with suppress(OSError):
                    stream.close()
