"""The process that takes fingerprints: ``python -m earwitness.archive.worker``.

It reads one request a line, ``{"path": ..., "sha256": ...}``, and answers each with one line of
JSON and, when the file could be decoded, with three arrays of u32 as they lie in memory. A file on which
the decoder crashes so costs one process and is told, and the build goes on.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import IO

import numpy as np

from earwitness.archive.fingerprint import NotTaken, fingerprint_file
from earwitness.archive.landmarks import Keys
from earwitness.archive.segment import Fingerprint, Known

_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


class Worker:
    """One such process, started anew whenever it has died."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Worker:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def fingerprint(self, path: Path, sha256: str) -> Fingerprint | NotTaken:
        """Have a file's fingerprint taken; a crash of the process is told as a file not taken."""
        process = self._running()
        assert process.stdin is not None and process.stdout is not None
        request = json.dumps({"path": str(path.absolute()), "sha256": sha256})
        try:
            process.stdin.write(request.encode() + b"\n")
            process.stdin.flush()
            return _answer(process.stdout, path)
        except (BrokenPipeError, EOFError):
            code = process.wait()
            self._process = None
            return NotTaken(str(path), f"the decoder ended without an answer (exit status {code})")

    def stop(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "earwitness.archive.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**os.environ, **_ONE_THREAD},
            )
        return self._process


def _answer(stream: IO[bytes], path: Path) -> Fingerprint | NotTaken:
    line = stream.readline()
    if not line.endswith(b"\n"):
        raise EOFError
    data = json.loads(line)
    if "reason" in data:
        return NotTaken(str(path), data["reason"])
    keys, patches, prints = (_array(stream, length) for length in data["lengths"])
    return Fingerprint(Known(**data["known"]), keys, patches, prints)


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
    serve(sys.stdin.buffer, sys.stdout.buffer)
