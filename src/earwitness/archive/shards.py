"""Looking up in an archive whose segments are shared out: scatter, gather, merge by votes.

1. Who asks makes the probes, once, and gives them to all workers.
2. Each segment is looked through by one worker, in whole numbers only: what it finds is the same on
   every machine. The worker first insists that the file is the one that who asks has checked.
3. What was found is put in the order of the segments, and the candidates with the most votes are
   kept, as they are when one process goes through all segments.
4. Who asks verifies these on the fine prints, as ever. So the result is equal to that of one process.
"""

from __future__ import annotations

import json
import socket
from collections import deque
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from earwitness.archive import index
from earwitness.archive.candidates import (
    Candidate,
    Effort,
    Mask,
    Rows,
    best,
    candidates_of,
    look_up_probes,
    sorted_probes,
)
from earwitness.archive.index import Archive
from earwitness.archive.segment import Segment, check
from earwitness.archive.sharing import Engine, Lost, Pending
from earwitness.archive.spectrum import Floats
from earwitness.archive.views import View
from earwitness.archive.worker import require_fit, unfit
from earwitness.errors import ArchiveError, EngineUnfit
from earwitness.versions import made_with

_SEGMENTS_OPEN = 256


def look_up_shared(
    picture: Floats,
    archive: Archive,
    engine: Engine,
    *,
    views: Sequence[View],
    effort: Effort,
    most: int,
    allowed: Sequence[Mask],
    blocks: Mask,
) -> list[Candidate]:
    """What ``candidates.look_up`` gives, with each segment looked through by a worker.

    Raises
    ------
    EngineUnfit
        If a worker cannot see a segment, or workers were lost over one.
    EngineUnreachable
    """
    probes = engine.give(sorted_probes(picture, views, effort, blocks).tobytes())
    tempos = [view.tempo for view in views]
    listed = {item.file: item for item in archive.manifest.segments}
    waiting: deque[tuple[int, Pending]] = deque()
    found: list[Candidate] = []

    def gather() -> None:
        number, pending = waiting.popleft()
        beside = (each for _, each in waiting)
        rows = _read(pending.result(beside), archive.segments[number].path)
        found.extend(candidates_of(rows, number, views))

    for number, segment in enumerate(archive.segments):
        order = {
            "versions": made_with(),
            "path": str(segment.path.absolute()),
            "stamp": segment.stamp,
            "sha256": listed[segment.path.name].sha256,
            "tempos": tempos,
            "most": most,
            "allowed": None
            if allowed[number].all()
            else np.packbits(allowed[number]).tobytes().hex(),
        }
        waiting.append(
            (number, engine.begin(look_through, json.dumps(order), probes, near=segment.path.name))
        )
        if len(waiting) >= engine.ahead:
            gather()
    while waiting:
        gather()
    return best(found, most)


def look_through(order: str, probes: bytes) -> bytes:
    """Look through one segment; what a worker does.

    Parameters
    ----------
    order : str
        JSON: which segment, and what is allowed.
    probes : bytes
        As they lie in memory.

    Returns
    -------
    bytes
        A line of JSON, and rows of five i64.
    """
    asked = json.loads(order)
    if asked["versions"] != made_with():
        return unfit()
    path = Path(asked["path"])
    try:
        stamp = index.stamp_of(path)
        segment = _segment(path, tuple(stamp), asked["sha256"], stamp == asked["stamp"])
    except ArchiveError as error:
        return json.dumps({"reason": f"{error}; on {socket.gethostname()}"}).encode() + b"\n"
    count = len(segment.recordings)
    if asked["allowed"] is None:
        allowed = np.ones(count, np.bool_)
    else:
        bits = np.frombuffer(bytes.fromhex(asked["allowed"]), np.uint8)
        allowed = np.unpackbits(bits, count=count).astype(np.bool_)
    rows = look_up_probes(
        segment,
        np.frombuffer(probes, np.uint64),
        asked["tempos"],
        most=int(asked["most"]),
        allowed=allowed,
    )
    return json.dumps({"rows": rows.shape[0]}).encode() + b"\n" + rows.tobytes()


@lru_cache(maxsize=_SEGMENTS_OPEN)
def _segment(path: Path, stamp: tuple[int, ...], sha256: str, was_checked: bool) -> Segment:
    """A segment, read from end to end first if it isn't the very file that who asks has checked."""
    if not was_checked:
        check(path, sha256=sha256)
    return Segment(path)


def _read(answer: bytes | Lost, path: Path) -> Rows:
    if isinstance(answer, Lost):
        raise EngineUnfit(
            f"a segment of the archive could not be looked through: {path.name}", got=answer.reason
        )
    head, _, octets = answer.partition(b"\n")
    told = json.loads(head)
    require_fit(told)
    if "reason" in told:
        raise EngineUnfit(
            f"a worker could not read a segment of the archive: {path.name}",
            got=str(told["reason"]),
            do="let every worker see the archive under the same path",
        )
    return np.frombuffer(octets, np.int64).reshape(int(told["rows"]), 5)
