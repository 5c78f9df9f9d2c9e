"""The container's examination: real files end in findings that say what they are and what is odd."""

from __future__ import annotations

import hashlib
import json
import struct
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from earwitness.evidence.exhibit import Exhibit, Role
from earwitness.examinations._applications import applications
from earwitness.examinations._contract import carry_out
from earwitness.examinations.container import container_v1
from earwitness.outcome import Asked, Finding, outcome_from_json, outcome_to_json
from earwitness.signal.recording import Recording

sys.path.insert(0, str(Path(__file__).parents[1] / "evidence"))
import recordings
import signing


@dataclass
class View:
    """A case of which nothing is known but its claims."""

    claims: Mapping[str, str] = field(default_factory=dict)
    archives: tuple[Path, ...] = ()

    def exhibits(self, role: Role) -> tuple[Exhibit, ...]:
        """None."""
        return ()

    def recording(self, exhibit: Exhibit) -> Recording:
        """None."""
        raise KeyError(exhibit)

    def progress(self, fraction: float, doing: str = "") -> None:
        """Nobody watches."""


def examine(path: Path, **claims: str) -> Finding:
    """Carry the examination out on a file, as a worker does; the outcome survives JSON."""
    data = path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    exhibit = Exhibit(digest, path.name, len(data), Role.QUESTIONED, "", path)
    recording = Recording(exhibit, path.parent / "cache")
    outcome = carry_out(container_v1, recording, View(claims), container_v1.parameters({}))
    assert isinstance(outcome, Finding), outcome
    text = json.dumps(outcome_to_json(outcome), allow_nan=False)
    assert outcome_from_json(json.loads(text)) == outcome
    assert len(text) < 500_000
    return outcome


@pytest.mark.parametrize("kind", recordings.KINDS)
def test_every_kind_of_recording_ends_in_a_finding(tmp_path: Path, kind: str) -> None:
    """A good file has its durations, its structure, and nothing that does not add up."""
    finding = examine(recordings.write(tmp_path / f"tone.{kind}", kind))
    assert finding.details["unusual"] == []
    assert finding.measure("things that do not add up").value == 0
    assert finding.measure("foreign bytes").value == 0
    assert finding.measure("decoded duration").value == pytest.approx(2.0, abs=0.1)
    assert finding.details["structure"]
    assert "No part of the file contradicts another" in finding.summary


def test_every_number_has_its_unit(tmp_path: Path) -> None:
    """Sizes are bytes, durations seconds, rates per second."""
    finding = examine(recordings.write(tmp_path / "tone.m4a", "m4a"))
    units = {measure.name: measure.unit for measure in finding.measures}
    assert units["file size"] == units["foreign bytes"] == units["missing bytes"] == "bytes"
    assert units["decoded duration"] == units["duration by header"] == "s"
    assert units["sample rate"] == "Hz"
    assert units["bit rate"] == "bit/s"
    assert all(measure.unit for measure in finding.measures if not isinstance(measure.value, str))


def test_it_answers_what_the_recording_is() -> None:
    """The examination belongs to the report's first question and covers three roles."""
    assert container_v1.answers is Asked.WHAT
    assert set(container_v1.applies_to) == {Role.QUESTIONED, Role.KNOWN, Role.ARCHIVE}
    assert "1. " in container_v1.method


def test_an_unusual_container_is_not_called_a_forgery(tmp_path: Path) -> None:
    """The limits say so in every finding."""
    finding = examine(recordings.write(tmp_path / "tone.wav", "wav"))
    assert any("not evidence of forgery" in limit for limit in finding.limits)
    assert "forg" not in finding.summary.lower()


def test_an_appended_archive_is_foreign(tmp_path: Path) -> None:
    """What follows the sound is counted in bytes, and described."""
    path = recordings.write(tmp_path / "tone.wav", "wav")
    path.write_bytes(path.read_bytes() + b"PK\x03\x04" + bytes(1000))
    finding = examine(path)
    assert finding.measure("foreign bytes").value == 1004
    assert "ZIP" in finding.summary
    assert finding.details["rest"]["looks_like"] == "begins like a ZIP archive"


def test_a_truncated_recording_lacks_bytes_and_seconds(tmp_path: Path) -> None:
    """The header's duration and the decoded one differ, and the missing bytes are counted."""
    path = recordings.write(tmp_path / "tone.wav", "wav")
    path.write_bytes(path.read_bytes()[:-16_000])
    finding = examine(path)
    assert finding.measure("missing bytes").value == 16_000
    assert finding.measure("header minus decoded").value == pytest.approx(0.5, abs=0.01)
    unusual = finding.details["unusual"]
    assert "the header states 2.00 s of sound, 1.50 s were decoded" in unusual


def test_a_damaged_stream_counts_its_errors(tmp_path: Path) -> None:
    """Packets that cannot be decoded are counted; the finding still stands."""
    path = recordings.write(tmp_path / "tone.flac", "flac")
    data = bytearray(path.read_bytes())
    for place in range(len(data) // 2, len(data) - 200, 500):
        data[place : place + 60] = b"\x55" * 60
    path.write_bytes(data)
    finding = examine(path)
    assert finding.details["unusual"]


def test_ten_thousand_tags_stay_bounded(tmp_path: Path) -> None:
    """200 are kept, and how many there were is stated."""
    path = recordings.write(tmp_path / "tone.wav", "wav")
    info = b"".join(struct.pack("<4sI", b"ICMT", 600) + b"y" * 600 for _ in range(10_000))
    data = path.read_bytes() + struct.pack("<4sI", b"LIST", len(info) + 4) + b"INFO" + info
    path.write_bytes(data[:4] + struct.pack("<I", len(data) - 8) + data[8:])
    finding = examine(path)
    assert len(finding.details["tags"]) == 200
    assert finding.details["tag_count"] == finding.measure("tags").value == 10_001


def test_repeated_parts_share_a_row(tmp_path: Path) -> None:
    """A minute of Ogg pages is a handful of rows that count them."""
    path = recordings.write(tmp_path / "tone.ogg", "ogg", seconds=60)
    finding = examine(path)
    rows = finding.details["structure"]
    assert len(rows) < 10
    assert sum(row["count"] for row in rows) == finding.details["facts"]["pages"] > 60


def test_credentials_are_part_of_the_finding(tmp_path: Path) -> None:
    """A signed file names its signer; an Ogg file is not checkable, and the limits say so."""
    plain = recordings.write(tmp_path / "plain.wav", "wav")
    signed = examine(signing.sign(plain, tmp_path / "signed.wav", "audio/wav"))
    assert signed.details["content_credentials"]["state"] == "present and valid"
    assert signed.details["content_credentials"]["signer"] == "Example Desk"
    assert examine(plain).details["content_credentials"]["state"] == "none found"
    ogg = examine(recordings.write(tmp_path / "tone.ogg", "ogg"))
    assert ogg.details["content_credentials"]["state"] == "not checkable"
    assert any("does not mean that there are none" in limit for limit in ogg.limits)


def ogg_opus(path: Path, *, vendor: bytes, rate: int, padding: int = 0) -> Path:
    """An Opus recording whose header pages are replaced by ones with this vendor and rate."""
    from earwitness.evidence.structure.ogg import ogg_checksum

    data = recordings.write(path, "ogg").read_bytes()
    second = data.index(b"OggS", 4)
    third = data.index(b"OggS", second + 4)
    serial = data[14:18]
    head = b"OpusHead\x01\x01" + struct.pack("<HIhB", 312, rate, 0, 0)
    tags = b"OpusTags" + struct.pack("<I", len(vendor)) + vendor + bytes(4)
    tags += bytes(max(0, padding - len(tags)))
    pages = b""
    for number, packet in enumerate((head, tags)):
        lacing = bytes([255] * (len(packet) // 255) + [len(packet) % 255])
        raw = b"OggS\0" + bytes([2 if number == 0 else 0]) + bytes(8) + serial
        raw += struct.pack("<IIB", number, 0, len(lacing)) + lacing + packet
        pages += raw[:22] + struct.pack("<I", ogg_checksum(raw)) + raw[26:]
    path.write_bytes(pages + data[third:])
    return path


def compared(finding: Finding) -> dict[str, dict[str, object]]:
    """What the file was compared with, by the application's name."""
    return {item["application"]: item for item in finding.details["applications"]}


def test_a_usual_whatsapp_voice_note(tmp_path: Path) -> None:
    """The mark in the comments starts the comparison, and all of it is as usual."""
    finding = examine(ogg_opus(tmp_path / "note.opus", vendor=b"WhatsApp", rate=16_000))
    (item,) = compared(finding).values()
    assert item["application"] == "WhatsApp voice note"
    assert item["compared_because_of"] == "its own marks"
    assert item["unusual"] == []
    assert "looks as files of WhatsApp voice note usually do" in finding.summary


def test_an_unusual_whatsapp_voice_note(tmp_path: Path) -> None:
    """A rate that the sources do not know is unusual, with how weak the support for that is."""
    finding = examine(ogg_opus(tmp_path / "note.opus", vendor=b"WhatsApp", rate=48_000))
    (item,) = compared(finding).values()
    assert item["unusual"] == [
        {"usual": "16,000 Hz before coding", "here": "48,000", "support": "weak"}
    ]
    assert "Unusual for WhatsApp voice note" in finding.summary


def test_a_telegram_voice_message_by_its_padding(tmp_path: Path) -> None:
    """The comments' length is the writer's own habit."""
    path = ogg_opus(tmp_path / "note.oga", vendor=b"libopus 1.1.2", rate=48_000, padding=764)
    assert list(compared(examine(path))) == ["Telegram voice message (Android)"]


def test_an_android_recorder_by_its_handler(tmp_path: Path) -> None:
    """FFmpeg's SoundHandler is not Android's SoundHandle; with the latter, the brand is compared."""
    path = recordings.write(tmp_path / "tone.m4a", "m4a")
    assert list(compared(examine(path))) == ["FFmpeg"]
    path.write_bytes(path.read_bytes().replace(b"SoundHandler", b"SoundHandle\0"))
    item = compared(examine(path))["Android recorder (MediaRecorder)"]
    assert [trait["usual"] for trait in item["unusual"]] == [
        "the brand mp42 or 3gp4",
        "version 0 of the brand",
        "isom and one other brand",
    ]


def test_a_claim_that_the_file_does_not_bear_out(tmp_path: Path) -> None:
    """A case that claims WhatsApp, and a file written by FFmpeg: the marks are missing."""
    path = recordings.write(tmp_path / "note.ogg", "ogg")
    finding = examine(path, application="WhatsApp")
    assert set(compared(finding)) == {"WhatsApp voice note", "FFmpeg"}
    assert compared(finding)["WhatsApp voice note"]["lacks_marks"] is True
    assert "lacks the marks of the claimed WhatsApp voice note" in finding.summary


def test_a_claim_without_marks_is_compared_all_the_same(tmp_path: Path) -> None:
    """Signal leaves no name, so its rule is only used when the case claims it."""
    path = recordings.write(tmp_path / "note.aac", "aac")
    assert compared(examine(path)) == {}
    (item,) = compared(examine(path, application="signal")).values()
    assert item["compared_because_of"] == "the case's claim"
    assert item["unusual"] == []
    assert len(item["as_usual"]) == 5


def test_a_claim_without_a_rule_is_stated(tmp_path: Path) -> None:
    """An application that no rule knows is not silently taken as usual."""
    finding = examine(recordings.write(tmp_path / "tone.wav", "wav"), application="Some Recorder")
    assert any("no rule for the claimed application" in limit for limit in finding.limits)


def test_every_rule_has_a_source_and_its_support() -> None:
    """No rule without a source; each trait says how well it is supported."""
    assert len(applications()) >= 7
    for rule in applications():
        assert rule.sources
        assert rule.support in {"code", "study", "weak"}
        for trait in rule.usual:
            assert trait.support in {"code", "study", "weak"}
            assert trait.says
            assert trait.pattern or trait.among
