"""The process that takes fingerprints: ``python -m earwitness.archive.worker``.

It reads one request a line, ``{"path": ..., "sha256": ...}``, and answers each with one line of
JSON and, when the file could be decoded, with three arrays of u32 as they lie in memory. A file on which
the decoder crashes so costs one process and is told, and the build goes on.
"""

from __future__ import annotations

import io
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

import numpy as np

from earwitness.archive.fingerprint import NotTaken, fingerprint_file, sha256_of
from earwitness.archive.landmarks import Keys
from earwitness.archive.segment import Fingerprint, Known
from earwitness.errors import EngineUnfit
from earwitness.versions import made_with

# There is a process for each core already; and sums in one order give the same digits everywhere.
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
_SLOW = "MALLOC_TRIM_THRESHOLD_"  # Dask sets it for its workers; arrays then take twice as long


def environment_of_workers() -> dict[str, str]:
    """The environment of a process that works for this one: as here, with one thread for sums."""
    inherited = {name: value for name, value in os.environ.items() if name != _SLOW}
    return {**inherited, **ONE_THREAD}


class Worker:
    """One such process, started anew whenever it has died."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def answer(self, path: Path, sha256: str) -> bytes:
        """Have a file's fingerprint taken; a crash of the process is told as a file not taken.

        Gives one line of JSON, and the arrays that it announces, as they came.
        """
        process = self._running()
        assert process.stdin is not None and process.stdout is not None
        request = json.dumps({"path": str(path.absolute()), "sha256": sha256})
        try:
            process.stdin.write(request.encode() + b"\n")
            process.stdin.flush()
            return _whole_answer(process.stdout)
        except (BrokenPipeError, EOFError):
            code = process.wait()
            _close_streams(process)
            self._process = None
            return refused(f"the decoder ended without an answer (exit status {code})")

    def stop(self) -> None:
        """End the process; who waits for its answer is told that there is none."""
        process = self._process
        if process is not None:
            process.kill()
            process.wait()
            _close_streams(process)

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "earwitness.archive.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=environment_of_workers(),
                start_new_session=True,  # Ctrl-C is for the parent, which then ends it
            )
        return self._process


_WORKERS: dict[int, Worker] = {}  # one for each thread that takes fingerprints


def take(path: str, sha256: str, versions: str) -> bytes:
    """Have a file's fingerprint taken by the process of this thread, if the bytes are the right ones.

    Parameters
    ----------
    path : str
        The file, as this machine sees it.
    sha256 : str
        What was found to lie there by whoever asks.
    versions : str
        What whoever asks would make it with: see ``made_with``.

    Returns
    -------
    bytes
        For ``read_answer``.
    """
    if versions != made_with():
        return unfit()
    try:
        found = sha256_of(Path(path))
    except OSError as error:
        return refused(f"{error.strerror} on {socket.gethostname()}")
    if found != sha256:
        return refused(f"other bytes lie there on {socket.gethostname()}")
    return take_here(path, sha256)


def take_here(path: str, sha256: str) -> bytes:
    """The same, where the bytes have just been hashed."""
    return _WORKERS.setdefault(threading.get_ident(), Worker()).answer(Path(path), sha256)


def end_those_of(threads: Iterable[int | None]) -> None:
    """End the processes of some threads."""
    for thread in threads:
        worker = _WORKERS.pop(thread, None) if thread is not None else None
        if worker is not None:
            worker.stop()


def read_answer(answer: bytes, path: Path) -> Fingerprint | NotTaken:
    """A fingerprint, or why there is none, from an answer.

    Raises
    ------
    ValueError
        If it is not one.
    EngineUnfit
        If the worker would have made other bytes.
    """
    stream = io.BytesIO(answer)
    try:
        data = json.loads(stream.readline())
        require_fit(data)
        if "reason" in data:
            return NotTaken(str(path), str(data["reason"]))
        keys, patches, prints = (_array(stream, length) for length in data["lengths"])
        return Fingerprint(Known(**data["known"]), keys, patches, prints)
    except (KeyError, TypeError, EOFError, RecursionError) as error:
        raise ValueError(f"an answer that cannot be read: {error}") from error


def unfit() -> bytes:
    """The answer of a worker that would make other bytes than whoever asks."""
    told = f"{made_with()} on {socket.gethostname()}"
    return json.dumps({"unfit": told}).encode() + b"\n"


def require_fit(told: Mapping[str, Any]) -> None:
    """Insist that a worker would make the same bytes as this machine.

    Raises
    ------
    EngineUnfit
    """
    if "unfit" in told:
        raise EngineUnfit(
            "a worker would not make the same bytes as this machine",
            got=str(told["unfit"]),
            expected=made_with(),
            do="install the same versions there as here",
        )


def refused(reason: str) -> bytes:
    """The answer that there is no fingerprint."""
    return json.dumps({"reason": reason}).encode() + b"\n"


def _close_streams(process: subprocess.Popen[bytes]) -> None:
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with suppress(OSError):  # what nobody reads any more cannot be flushed
                stream.close()


def _whole_answer(stream: IO[bytes]) -> bytes:
    """An answer as it comes, with as many octets as it announces."""
    line = stream.readline()
    if not line.endswith(b"\n"):
        raise EOFError
    size = 4 * sum(json.loads(line).get("lengths", ()))
    octets = stream.read(size)
    if len(octets) < size:
        raise EOFError
    return line + octets


def _array(stream: IO[bytes], length: int) -> Keys:
    octets = stream.read(4 * length)
    if len(octets) < 4 * length:
        raise EOFError
    return np.frombuffer(octets, dtype=np.uint32)


def serve(requests: IO[bytes], answers: IO[bytes]) -> None:
    """Answer requests until there are no more."""
    for line in requests:
        request = json.loads(line)
        result = fingerprint_file(Path(request["path"]), request["sha256"])
        if isinstance(result, NotTaken):
            answers.write(json.dumps({"reason": result.reason}).encode() + b"\n")
        else:
            arrays = (result.keys, result.patches, result.prints)
            lengths = [int(array.size) for array in arrays]
            head = {"known": asdict(result.known), "lengths": lengths}
            answers.write(json.dumps(head).encode() + b"\n")
            for array in arrays:
                answers.write(np.ascontiguousarray(array, dtype=np.uint32).tobytes())
        answers.flush()


if __name__ == "__main__":
    with suppress(BrokenPipeError):  # who asked was killed
        serve(sys.stdin.buffer, sys.stdout.buffer)
