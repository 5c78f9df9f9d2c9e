"""How a file is built, read by hand-written parsers that trust no size, name or count in it.

Every parser reads piece by piece, whatever the size of the file; every list it makes is bounded
(see ``_draft``). The format is told by the first bytes, never by the file's name.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from earwitness.evidence.structure import riff
from earwitness.evidence.structure._draft import Draft, EnoughRead
from earwitness.evidence.structure._source import Source
from earwitness.evidence.structure.adts import is_adts, read_adts
from earwitness.evidence.structure.aiff import read_aiff
from earwitness.evidence.structure.amr import read_amr
from earwitness.evidence.structure.asf import MAGIC as ASF_MAGIC
from earwitness.evidence.structure.asf import read_asf
from earwitness.evidence.structure.caf import read_caf
from earwitness.evidence.structure.flac import read_flac
from earwitness.evidence.structure.id3 import id3v2_size
from earwitness.evidence.structure.isobmff import read_isobmff
from earwitness.evidence.structure.matroska import read_matroska
from earwitness.evidence.structure.model import (
    UNKNOWN,
    Anomaly,
    Element,
    Picture,
    Rest,
    Stamp,
    Structure,
    Tag,
)
from earwitness.evidence.structure.mpeg_audio import find_first_frame, read_mpeg_audio
from earwitness.evidence.structure.ogg import read_ogg

__all__ = [
    "UNKNOWN",
    "Anomaly",
    "Element",
    "Picture",
    "Rest",
    "Stamp",
    "Structure",
    "Tag",
    "read_structure",
]

_Parser = Callable[[Source, Draft], None]
_ISO_FIRST_BOXES = frozenset(
    {b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"styp"}
)


def read_structure(path: Path) -> Structure:
    """Read how a file is built: its parts in order, its tags and times, and what does not add up.

    Parameters
    ----------
    path : Path
        Any file. Only the format's own structure is read; no sound or picture is decoded.

    Returns
    -------
    Structure
        With the format ``UNKNOWN`` where no parser knows the first bytes.

    Raises
    ------
    OSError
        If the file cannot be opened or read.
    """
    with Source(path) as source:
        draft = Draft(source.size)
        parser = _parser_for(source)
        if parser is None:
            draft.anomaly("unknown_structure", "no parser knows how this file is built")
            draft.end = source.size
            return draft.finish(source)
        try:
            parser(source, draft)
        except EnoughRead:
            draft.end = max(draft.end, source.size)
        return draft.finish(source)


def _parser_for(source: Source) -> _Parser | None:
    head = source.read(0, 16)
    after = id3v2_size(source, 0)
    if head[:4] in riff.MAGICS:
        return riff.read_riff
    if head[:4] == b"FORM" and head[8:12] in {b"AIFF", b"AIFC"}:
        return read_aiff
    if head[4:8] in _ISO_FIRST_BOXES:
        return read_isobmff
    for magic, parser in (
        (b"OggS", read_ogg),
        (b"\x1aE\xdf\xa3", read_matroska),
        (b"caff", read_caf),
        (b"#!AMR\n", read_amr),
        (b"#!AMR-WB\n", read_amr),
        (ASF_MAGIC, read_asf),
    ):
        if head.startswith(magic):
            return parser
    if source.read(after, 4) == b"fLaC":
        return read_flac
    if is_adts(source, after):
        return read_adts
    if after or find_first_frame(source, 0, source.size) >= 0:
        return read_mpeg_audio
    return None
