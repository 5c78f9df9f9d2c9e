"""Tags and pictures in every place where a format keeps them, made by hand."""

from __future__ import annotations

import base64
import struct
from pathlib import Path

import pytest
import recordings

from earwitness.evidence.structure import Structure, read_structure

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", 64, 48) + bytes(20)


@pytest.fixture
def tone(tmp_path: Path) -> Path:
    """A second of a tone as MP3."""
    return recordings.write(tmp_path / "tone.mp3", "mp3", seconds=1)


def read(tmp_path: Path, data: bytes) -> Structure:
    """Write bytes to a file and read its structure."""
    path = tmp_path / "tagged.bin"
    path.write_bytes(data)
    return read_structure(path)


def box(kind: bytes, body: bytes = b"") -> bytes:
    """One MP4 box."""
    return struct.pack(">I4s", len(body) + 8, kind) + body


def item(kind: bytes, form: int, payload: bytes) -> bytes:
    """One item of an ilst box."""
    return box(kind, box(b"data", struct.pack(">II", form, 0) + payload))


def id3(*frames: tuple[bytes, bytes], version: int = 3) -> bytes:
    """An ID3v2 tag."""
    body = b"".join(name + struct.pack(">IH", len(raw), 0) + raw for name, raw in frames)
    size = bytes([0, len(body) >> 14 & 0x7F, len(body) >> 7 & 0x7F, len(body) & 0x7F])
    return b"ID3" + bytes([version, 0, 0]) + size + body


def values(structure: Structure) -> dict[str, str]:
    """Tags by name."""
    return {tag.name: tag.value for tag in structure.tags}


def test_id3_texts_in_every_encoding(tmp_path: Path, tone: Path) -> None:
    """Latin-1, UTF-16 with and without its mark, and UTF-8."""
    tag = id3(
        (b"TIT2", b"\0" + "Über".encode("latin-1")),
        (b"TPE1", b"\1" + "Ünder".encode("utf-16")),
        (b"TALB", b"\2" + "Äther".encode("utf-16-be")),
        (b"TSSE", b"\3" + "Öse 1.0".encode()),
        (b"TXXX", b"\3name\0value"),
    )
    structure = read(tmp_path, tag + tone.read_bytes())
    found = values(structure)
    assert (found["TPE1"], found["TALB"], found["TXXX:name"]) == ("Ünder", "Äther", "value")
    assert "Öse 1.0" in structure.encoders


@pytest.mark.parametrize(("encoding", "name"), [(0, "latin-1"), (1, "utf-16-le"), (3, "utf-8")])
def test_id3_picture_behind_a_described_name(
    tmp_path: Path, tone: Path, encoding: int, name: str
) -> None:
    """The picture begins behind a description of one or of two bytes a letter."""
    described = "Bild".encode(name) + (b"\0\0" if encoding == 1 else b"\0")
    frame = bytes([encoding]) + b"image/png\0\x03" + described + PNG
    (picture,) = read(tmp_path, id3((b"APIC", frame)) + tone.read_bytes()).pictures
    assert (picture.width_px, picture.height_px, picture.size) == (64, 48, len(PNG))


def test_ape_and_id3v1_at_the_end(tmp_path: Path, tone: Path) -> None:
    """Two tags behind the sound are read as such, not as foreign bytes."""
    items = struct.pack("<II", 5, 0) + b"Title\0hello" + struct.pack("<II", 2 + len(PNG), 2)
    items += b"Cover Art (Front)\0x\0" + PNG

    def edge(flags: int) -> bytes:
        return b"APETAGEX" + struct.pack("<IIII", 2000, len(items) + 32, 2, flags) + bytes(8)

    ape = edge(5 << 29) + items + edge(4 << 29)
    sound = tone.read_bytes()
    structure = read(tmp_path, sound + ape + b"TAG" + b"Old title".ljust(125, b"\0"))
    assert structure.anomalies == ()
    assert structure.rest is None
    assert [row.kind for row in structure.elements[-2:]] == ["APE tag", "ID3v1"]
    assert values(structure)["Title"] == "hello"
    assert values(structure)["title"] == "Old title"
    assert structure.pictures[0].width_px == 64


def test_metadata_keys_of_a_phone(tmp_path: Path) -> None:
    """Items that are named by number take their name from the keys box."""
    keys = box(b"keys", struct.pack(">II", 0, 1) + box(b"mdta", b"com.android.version"))
    ilst = box(b"ilst", item(b"\0\0\0\1", 1, b"14") + item(b"covr", 14, PNG))
    meta = box(b"meta", box(b"hdlr", bytes(25)) + keys + ilst)
    structure = read(
        tmp_path, box(b"ftyp", b"mp42\0\0\0\0isommp42") + box(b"moov", meta) + box(b"mdat")
    )
    assert structure.anomalies == ()
    assert values(structure) == {"com.android.version": "14"}
    assert structure.encoders == ("com.android.version 14",)
    assert structure.pictures[0].height_px == 48
    assert structure.facts["compatible_brands"] == "isom, mp42"


def test_itunes_items_with_names_of_their_own(tmp_path: Path) -> None:
    """Voice Memos' identifier is such an item; numbers and unknown forms are told as they are."""
    own = box(b"mean", bytes(4) + b"com.apple.iTunes") + box(b"name", bytes(4) + b"voice-memo-uuid")
    own += box(b"data", struct.pack(">II", 1, 0) + b"981D09D7")
    tool = item(b"\xa9too", 1, b"com.apple.VoiceMemos (iPhone Version 18.5)")
    ilst = box(b"ilst", box(b"----", own) + tool + item(b"tmpo", 21, b"\0\x78"))
    meta = box(b"meta", bytes(4) + box(b"hdlr", bytes(25)) + ilst)
    moov = box(b"moov", box(b"udta", meta))
    structure = read(tmp_path, box(b"ftyp", b"M4A \0\0\0\0") + moov + box(b"mdat"))
    assert values(structure)["voice-memo-uuid"] == "981D09D7"
    assert values(structure)["tmpo"] == "120"
    assert structure.encoders == ("com.apple.VoiceMemos (iPhone Version 18.5)",)


def test_broadcast_extension_of_a_wav(tmp_path: Path) -> None:
    """Originator and time are told, as are a list behind the sound and an id3 chunk."""
    bext = b"Interview".ljust(256, b"\0") + b"Recorder X".ljust(32, b"\0") + bytes(32)
    bext += b"2014-09-1410:20:30" + bytes(602 - 338)
    wav = recordings.write(tmp_path / "tone.wav", "wav").read_bytes()
    tag = id3((b"TIT2", b"\0Title"))
    body = wav[8:12] + struct.pack("<4sI", b"bext", len(bext)) + bext + wav[12:]
    body += struct.pack("<4sI", b"id3 ", len(tag)) + tag + bytes(len(tag) & 1)
    structure = read(tmp_path, struct.pack("<4sI", b"RIFF", len(body)) + body)
    assert structure.anomalies == ()
    assert "Recorder X" in structure.encoders
    assert structure.times[0].time == "2014-09-14 10:20:30"
    assert values(structure)["description"] == "Interview"
    assert values(structure)["TIT2"] == "Title"


def flac_picture() -> bytes:
    """A picture block as FLAC has it."""
    head = struct.pack(">II", 3, 9) + b"image/png" + struct.pack(">I", 4) + b"Bild" + bytes(16)
    return head + struct.pack(">I", len(PNG)) + PNG


def test_a_picture_in_a_flac_block(tmp_path: Path) -> None:
    """Its kind, size and pixels are read from the block and the picture's header."""
    data = recordings.write(tmp_path / "tone.flac", "flac").read_bytes()
    block = flac_picture()
    structure = read(
        tmp_path, data[:42] + struct.pack(">I", 6 << 24 | len(block)) + block + data[42:]
    )
    assert structure.anomalies == ()
    (picture,) = structure.pictures
    assert (picture.use, picture.width_px, picture.height_px) == ("front cover", 64, 48)


def test_a_picture_in_a_vorbis_comment(tmp_path: Path) -> None:
    """The same block in base64, as Ogg files have it, is a picture and not a tag."""
    text = b"METADATA_BLOCK_PICTURE=" + base64.b64encode(flac_picture())
    comments = struct.pack("<I", 1) + b"v" + struct.pack("<II", 1, len(text)) + text
    data = recordings.write(tmp_path / "tone.flac", "flac").read_bytes()
    block = struct.pack(">I", 4 << 24 | len(comments)) + comments
    structure = read(tmp_path, data[:42] + block + data[42:])
    assert structure.pictures[0].width_px == 64
    assert all(tag.name != "METADATA_BLOCK_PICTURE" for tag in structure.tags)
