"""Making a recording ready to be looked at and listened to, in a process of its own.

Decoding is where a hostile file strikes, so it does not happen in the process that serves pages.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import closing
from pathlib import Path
from typing import Any

from earwitness.engine.task import exhibit_from_json, exhibit_to_json
from earwitness.engine.worker import answer, end_with_parent, limit_memory, private_answers
from earwitness.errors import DecodeError, EarwitnessError, WorkerDied
from earwitness.evidence.exhibit import Exhibit
from earwitness.evidence.names import safe_text
from earwitness.signal.recording import Recording
from earwitness.signal.tiles import Tiles
from earwitness.store.vault import Vault

_COMMAND = [sys.executable, "-m", "earwitness.engine.preparing"]


def prepare(exhibit: Exhibit, cache: Path, *, max_hours: float) -> Generator[float, None, None]:
    """Decode a recording and make the pieces of its waveform and spectrogram.

    Yields
    ------
    float
        How far it is, from 0 to 1.

    Raises
    ------
    DecodeError
        If it cannot be decoded, or its bytes are not those that were received.
    WorkerDied
        If the process crashed or was ended.
    """
    order = {"exhibit": exhibit_to_json(exhibit), "cache": str(cache), "max_hours": max_hours}
    process = subprocess.Popen(  # noqa: S603  (our own module, no shell)
        _COMMAND,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=Path("/"),
        start_new_session=True,
    )
    assert process.stdin is not None and process.stdout is not None
    with closing(process.stdout), closing(process.stdin) as orders:
        try:
            orders.write(json.dumps(order).encode() + b"\n")
            orders.flush()
            for line in process.stdout:
                message: dict[str, Any] = json.loads(line)
                if "refused" in message:
                    raise DecodeError("the recording could not be decoded", got=message["refused"])
                yield float(message["progress"])
                if message["progress"] >= 1:
                    return
        except (OSError, ValueError) as error:
            raise WorkerDied("the process that decodes was ended", got=str(error)) from error
        finally:
            process.kill()
            process.wait()
    raise WorkerDied(
        "the process that decodes was ended before it was done",
        got=f"exit code {process.returncode}",
        do="try again; if it happens each time, the file breaks the decoder",
    )


def main() -> None:
    """Do what the parent orders, once."""
    answers = private_answers()
    limit_memory()
    threading.Thread(target=end_with_parent, args=(os.getppid(),), daemon=True).start()
    order = json.loads(sys.stdin.buffer.readline())
    exhibit = exhibit_from_json(order["exhibit"])

    def report(fraction: float, _doing: str = "") -> None:
        answer(answers, {"progress": round(min(0.99, fraction), 3)})

    try:
        Vault(exhibit.path.parent).require_intact(exhibit.sha256)
        recording = Recording(
            exhibit,
            Path(order["cache"]),
            max_hours=order["max_hours"],
            on_progress=lambda fraction, _: report(0.7 * fraction),
        )
        Tiles(recording).make(lambda fraction: report(0.7 + 0.3 * fraction))
    except EarwitnessError as error:
        answer(answers, {"refused": safe_text(str(error))})
    else:
        answer(answers, {"progress": 1})


if __name__ == "__main__":
    main()
