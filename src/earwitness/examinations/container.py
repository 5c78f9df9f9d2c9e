"""What kind of file a recording is, how it is built, and what in it does not add up.

Conventions: offsets and sizes in bytes, times in seconds. What the file says of itself is reported
as its own statement; nothing of it is taken as true.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

from earwitness.errors import MissingPart
from earwitness.evidence.credentials import Credentials, CredentialState, read_credentials
from earwitness.evidence.exhibit import Role
from earwitness.evidence.names import safe_text
from earwitness.evidence.structure import Structure, read_structure
from earwitness.examinations._applications import VERSION, Comparison, compare, is_known
from earwitness.examinations._contract import CaseView, Needs, examination
from earwitness.outcome import Asked, Finding, Measure, Place
from earwitness.signal.recording import Recording

MAX_ROWS: Final = 400
MAX_PLACES: Final = 100
UNRECOGNISED: Final = "unrecognised bytes"

_LIMITS: Final = (
    "An unusual container is not evidence of forgery: messengers, transfer from phone to phone and"
    " saving again change structure, tags and times without any edit to the sound.",
    "A container that looks usual is not evidence that the sound is whole: every tag, time and name"
    " in a file can be written by anybody.",
    "Times in a file are what a device's clock showed, or what somebody typed.",
    "Content credentials are verified without any network and without a list of trusted signers:"
    " who holds the certificate is not checked.",
)
_NOT_CHECKED: Final = (
    "Content credentials could not be checked here; that does not mean that there are none."
)


@examination(
    question="What kind of file is this, how is it built, and does everything in it add up?",
    answers=Asked.WHAT,
    sources=(
        "SWGDE, Best Practices for Forensic Audio",
        "Koenig & Lacey 2012, Forensic Authenticity Analyses of the Header Data in Re-Encoded"
        " WMA Files from Small Olympus Audio Recorders, JAES 60(4)",
        "Park et al. 2022, J Forensic Sci 67(4), doi:10.1111/1556-4029.15016",
        "C2PA Technical Specification 2.1",
        "the specification of each format, named in the parser of that format",
    ),
    needs=Needs(claims=True),
    applies_to=(Role.QUESTIONED, Role.KNOWN, Role.ARCHIVE),
)
def container_v1(
    recording: Recording, case: CaseView, *, duration_tolerance_s: float = 0.1
) -> Finding:
    """Describe the file that holds the sound, and say what in it is out of the ordinary.

    1. The structure is read part by part from the file's first byte to its last by parsers that
       trust no size or count in it; the format is told by its first bytes, not by its name. Parts
       that repeat (pages, frames, fragments) are folded into one row with their number.
    2. The end of the last part is set against the file's size: what lies behind it is foreign,
       what is missing was cut off. Bytes between parts that belong to none are counted as well.
    3. The duration that the header states is set against the duration of the decoded sound. A
       difference of more than ``duration_tolerance_s`` is unusual.
    4. Tags, times, encoder names and pictures are listed as written, with what is invisible made
       visible. Pictures are not decoded: their size is read from their header.
    5. Content credentials (C2PA) are verified without the network. Where the format cannot be
       checked, that is stated.
    6. If the file bears the marks of a known application, or the case claims one (``application``
       in the case's claims), it is compared with what published sources describe as usual for it.
    7. Packets that could not be decoded, samples that are not finite, changes of the stream's
       parameters, and jumps of the file's own time stamps are reported from the one decoding pass.
    """
    structure = read_structure(recording.exhibit.path)  # 1
    header_s = _header_duration(recording, structure)
    odd = _oddities(recording, structure, header_s, duration_tolerance_s)  # 2, 3, 7
    credentials = _credentials(recording, structure)  # 5
    is_questioned = recording.exhibit.role == Role.QUESTIONED
    claimed = case.claims.get("application", "") if is_questioned else ""
    compared = compare(structure, recording.facts, claimed=claimed)  # 6
    return Finding(
        summary=_summary(recording, structure, odd, compared),
        measures=_measures(recording, structure, header_s, odd, credentials),
        places=tuple(
            Place(second, second, safe_text(what, 200))
            for second, what in _events(recording)[:MAX_PLACES]
        ),
        limits=_limits(structure, credentials, claimed),
        details={
            **_structure_details(structure),  # 1, 2, 4
            "stream": asdict(recording.facts),
            "durations": {
                "decoded_s": recording.duration_s,
                "structure_s": structure.facts.get("header_duration_s"),
                "decoder_s": recording.facts.header_duration_s,
            },
            "decoding": _decode_details(recording),
            "content_credentials": asdict(credentials),
            "applications": [_comparison_details(item) for item in compared],
            "application_rules": VERSION,
            "unusual": odd,
        },
    )


def _header_duration(recording: Recording, structure: Structure) -> float | None:
    stated = structure.facts.get("header_duration_s")
    if isinstance(stated, float | int) and stated > 0:
        return float(stated)
    return recording.facts.header_duration_s


def _foreign_bytes(structure: Structure) -> int:
    between = sum(row.size for row in structure.elements if row.kind == UNRECOGNISED)
    return between + (structure.rest.size if structure.rest else 0)


def _oddities(
    recording: Recording, structure: Structure, header_s: float | None, tolerance_s: float
) -> list[str]:
    """Everything that does not add up, each as a sentence without a full stop."""
    odd = [
        item.text + (f" ({item.count:,} times)" if item.count > 1 else "")
        for item in structure.anomalies
    ]
    if structure.rest is not None:
        rest = structure.rest
        odd.append(f"{rest.size:,} bytes follow the end of the structure: {rest.looks_like}")
    if structure.missing_bytes:
        odd.append(
            f"the file's end is missing: {structure.missing_bytes:,} bytes, by its own account"
        )
    if header_s is not None and abs(header_s - recording.duration_s) > tolerance_s:
        odd.append(
            f"the header states {header_s:,.2f} s of sound,"
            f" {recording.duration_s:,.2f} s were decoded"
        )
    notes = recording.decode_notes
    if notes.errors:
        odd.append(
            f"{notes.errors:,} packets could not be decoded: {safe_text(notes.first_error, 200)}"
        )
    if notes.not_finite:
        odd.append(f"{notes.not_finite:,} samples are not finite numbers")
    if notes.changes:
        odd.append(f"the stream's parameters change {len(notes.changes):,} times while it plays")
    if notes.jumps:
        lost = sum(by for _, by in notes.jumps if by > 0)
        odd.append(
            f"the file's own time stamps jump at {len(notes.jumps):,} places"
            + (f"; {lost:,.2f} s of sound are missing by them" if lost else "")
        )
    return odd


def _events(recording: Recording) -> list[tuple[float, str]]:
    """What happens while the recording plays, with its second, in order."""
    notes = recording.decode_notes
    jumps = [
        (second, f"time stamps jump {'forward' if by > 0 else 'back'} by {abs(by):.2f} s")
        for second, by in notes.jumps
    ]
    return sorted([*notes.changes, *jumps])


def _credentials(recording: Recording, structure: Structure) -> Credentials:
    try:
        return read_credentials(recording.exhibit.path, structure)
    except MissingPart as error:
        return Credentials(CredentialState.NOT_CHECKABLE, reason=str(error))


def _summary(
    recording: Recording, structure: Structure, odd: Sequence[str], compared: Sequence[Comparison]
) -> str:
    facts = recording.facts
    channels = "one channel" if facts.channels == 1 else f"{facts.channels} channels"
    first = (
        f"{structure.format} with {facts.codec} sound, {facts.sample_rate_hz:,} Hz, {channels},"
        f" {recording.duration_s:,.2f} s"
    )
    if structure.encoders:
        first += f"; it names {structure.encoders[0]} as the software that wrote it"
    if not odd:
        second = "No part of the file contradicts another."
    elif len(odd) == 1:
        second = f"One thing does not add up: {odd[0]}."
    else:
        second = f"{len(odd)} things do not add up, first: {odd[0]}."
    return f"{first}. {second}{_application_summary(compared)}"


def _application_summary(compared: Sequence[Comparison]) -> str:
    sentences = []
    for item in compared:
        name = item.application.name
        if item.lacks_marks:
            sentences.append(f"It lacks the marks of the claimed {name}.")
        if item.unusual:
            seen = "; ".join(
                f"usual is {trait.says}, here {value}" for trait, value in item.unusual
            )
            sentences.append(f"Unusual for {name}: {seen}.")
        elif not item.lacks_marks and item.as_usual:
            sentences.append(f"It looks as files of {name} usually do.")
    return "".join(f" {sentence}" for sentence in sentences)


def _measures(
    recording: Recording,
    structure: Structure,
    header_s: float | None,
    odd: Sequence[str],
    credentials: Credentials,
) -> tuple[Measure, ...]:
    facts, notes = recording.facts, recording.decode_notes
    difference = None if header_s is None else header_s - recording.duration_s
    unstated = "" if header_s is not None else "the header states none"
    return (
        Measure("file size", structure.file_size, "bytes"),
        Measure("decoded duration", float(recording.duration_s), "s", 3),
        Measure("duration by header", header_s, "s", 3, note=unstated),
        Measure("header minus decoded", difference, "s", 3, note=unstated),
        Measure("sample rate", facts.sample_rate_hz, "Hz"),
        Measure("channels", facts.channels, "channels"),
        Measure(
            "bit rate",
            facts.bit_rate,
            "bit/s",
            note="" if facts.bit_rate else "the header states none",
        ),
        Measure("audio streams", facts.audio_streams, "streams"),
        Measure("video streams", facts.video_streams, "streams"),
        Measure("other streams", facts.other_streams, "streams"),
        Measure("tags", structure.tag_count, "tags"),
        Measure("pictures", structure.picture_count, "pictures"),
        Measure("foreign bytes", _foreign_bytes(structure), "bytes"),
        Measure("missing bytes", structure.missing_bytes, "bytes"),
        Measure("packets not decoded", notes.errors, "packets"),
        Measure("samples not finite", notes.not_finite, "samples"),
        Measure("things that do not add up", len(odd), "items"),
        Measure("content credentials (C2PA)", _credentials_in_short(credentials)),
    )


def _credentials_in_short(credentials: Credentials) -> str:
    """The state, and what matters most about it: who signed, what failed, or why it is not known."""
    more = {
        CredentialState.VALID: f"signed by {safe_text(credentials.signer or 'nobody named', 100)}",
        CredentialState.INVALID: ", ".join(credentials.failures[:3]),
        CredentialState.NOT_CHECKABLE: credentials.reason,
    }.get(credentials.state, "")
    return f"{credentials.state}: {more}" if more else str(credentials.state)


def _limits(structure: Structure, credentials: Credentials, claimed: str) -> tuple[str, ...]:
    limits = list(_LIMITS)
    if not structure.is_known:
        limits.append("No parser knows this format: its structure was not examined.")
    if credentials.state is CredentialState.NOT_CHECKABLE:
        limits.append(_NOT_CHECKED)
    if claimed and not is_known(claimed):
        limits.append(
            f"There is no rule for the claimed application, {safe_text(claimed, 100)}:"
            " the file was not compared with its usual files."
        )
    return tuple(limits)


def _structure_details(structure: Structure) -> dict[str, Any]:
    return {
        "format": structure.format,
        "structure_is_known": structure.is_known,
        "facts": dict(structure.facts),
        "structure": [asdict(row) for row in structure.elements[:MAX_ROWS]],
        "structure_rows": len(structure.elements),
        "end_of_structure": structure.declared_end,
        "file_size": structure.file_size,
        "rest": asdict(structure.rest) if structure.rest else None,
        "encoders": list(structure.encoders),
        "times": [asdict(stamp) for stamp in structure.times],
        "tags": [asdict(tag) for tag in structure.tags],
        "tag_count": structure.tag_count,
        "pictures": [asdict(picture) for picture in structure.pictures],
        "picture_count": structure.picture_count,
        "anomalies": [asdict(item) for item in structure.anomalies],
    }


def _decode_details(recording: Recording) -> dict[str, Any]:
    notes = recording.decode_notes
    return {
        "samples": notes.samples,
        "errors": notes.errors,
        "first_error": safe_text(notes.first_error, 200),
        "not_finite": notes.not_finite,
        "changes": [[second, safe_text(what, 200)] for second, what in notes.changes[:MAX_PLACES]],
        "change_count": len(notes.changes),
        "jumps": [[second, by] for second, by in notes.jumps[:MAX_PLACES]],
    }


def _comparison_details(item: Comparison) -> dict[str, Any]:
    application = item.application
    return {
        "application": application.name,
        "compared_because_of": item.basis,
        "lacks_marks": item.lacks_marks,
        "means": application.means,
        "support": application.support,
        "sources": list(application.sources),
        "as_usual": [trait.says for trait in item.as_usual],
        "unusual": [
            {"usual": trait.says, "here": safe_text(value, 200), "support": trait.support}
            for trait, value in item.unusual
        ],
        "not_seen": [trait.says for trait in item.not_seen],
    }
