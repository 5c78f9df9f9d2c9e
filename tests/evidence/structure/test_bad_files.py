"""Bad files, each with a name: what is wrong is said, in bounded time and memory."""

from __future__ import annotations

import struct
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import recordings

from earwitness.evidence.structure import Structure, read_structure
from earwitness.evidence.structure.ogg import ogg_checksum
from earwitness.evidence.structure.pictures import pixels_of

Made = Callable[[str], bytes]
MOST_S = 5.0


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The bytes of a good recording of a kind, made once."""
    folder = tmp_path_factory.mktemp("made")

    def bytes_of(kind: str) -> bytes:
        path = folder / f"tone.{kind}"
        if not path.exists():
            recordings.write(path, kind)
        return path.read_bytes()

    return bytes_of


def read(tmp_path: Path, data: bytes, *, most_s: float = MOST_S) -> Structure:
    """Write bytes to a file and read its structure, which must not take long."""
    path = tmp_path / "bad.bin"
    path.write_bytes(data)
    begun = time.perf_counter()
    structure = read_structure(path)
    assert time.perf_counter() - begun < most_s
    return structure


def kinds(structure: Structure) -> set[str]:
    """The kinds of what does not add up."""
    return {item.kind for item in structure.anomalies}


def box(kind: bytes, body: bytes = b"", size: int | None = None) -> bytes:
    """One MP4 box, whose size may lie."""
    return struct.pack(">I4s", len(body) + 8 if size is None else size, kind) + body


FTYP = box(b"ftyp", b"M4A \0\0\0\0isom")


@pytest.mark.parametrize("kind", ["wav", "rf64.wav", "aiff", "caf", "m4a", "mov", "webm", "wma"])
def test_a_truncated_file_lacks_its_end(tmp_path: Path, made: Made, kind: str) -> None:
    """Formats that state sizes tell how many bytes are missing."""
    data = made(kind)
    assert read(tmp_path, data[: len(data) - 500]).missing_bytes == 500


@pytest.mark.parametrize(
    ("kind", "anomaly"),
    [("mp3", "cut_frame"), ("aac", "cut_frame"), ("amr", "cut_frame"), ("ogg", "cut_page")],
)
def test_a_stream_cut_in_a_frame_says_so(
    tmp_path: Path, made: Made, kind: str, anomaly: str
) -> None:
    """Formats without a total size show the cut at their last frame."""
    assert anomaly in kinds(read(tmp_path, made(kind)[:-10]))


@pytest.mark.parametrize("kind", ["wav", "aiff", "caf", "m4a", "ogg", "mp3", "aac", "amr", "wma"])
def test_bytes_behind_the_end_are_found(tmp_path: Path, made: Made, kind: str) -> None:
    """A ZIP archive that was appended is told as such, or as bytes that belong to no frame."""
    data = made(kind)
    structure = read(tmp_path, data + b"PK\x03\x04" + b"secret" * 50)
    if structure.rest is not None:
        assert structure.rest.offset == len(data)
        assert structure.rest.looks_like == "begins like a ZIP archive"
    else:
        last = structure.elements[-1]
        assert (last.kind, last.offset) in {
            ("unrecognised bytes", len(data)),
            ("PK\\x03\\x04", len(data)),
        }
    assert structure.anomalies or structure.rest


def test_a_chunk_that_lies_about_its_size(tmp_path: Path, made: Made) -> None:
    """A data chunk of 4 GB in a small file is missing bytes, not a crash."""
    data = bytearray(made("wav"))
    place = data.find(b"data")
    data[place + 4 : place + 8] = struct.pack("<I", 0xFFFFFF00)
    structure = read(tmp_path, bytes(data))
    assert {"chunk_beyond_file", "chunk_beyond_parent"} & kinds(structure)
    assert structure.missing_bytes > 4e9


def test_a_header_that_was_never_completed(tmp_path: Path, made: Made) -> None:
    """Sizes of zero, as a recorder that lost its power leaves them, are stated."""
    data = bytearray(made("wav"))
    place = data.find(b"data")
    data[4:8] = data[place + 4 : place + 8] = bytes(4)
    structure = read(tmp_path, bytes(data))
    assert "size_not_set" in kinds(structure)
    assert structure.missing_bytes == 0


def test_two_data_chunks_and_a_late_format(tmp_path: Path) -> None:
    """A WAV file with its parts out of order is read, and the order is what is odd."""
    data = struct.pack("<4sI", b"data", 4) + bytes(4)
    fmt = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 8000, 16000, 2, 16)
    body = b"WAVE" + data + fmt + data
    structure = read(tmp_path, struct.pack("<4sI", b"RIFF", len(body)) + body)
    assert {"data_count", "fmt_after_data"} <= kinds(structure)
    assert structure.facts["order"] == "data, fmt, data"


def test_a_format_chunk_that_contradicts_itself(tmp_path: Path) -> None:
    """Bytes per second must be rate times frame."""
    fmt = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 8000, 99, 2, 16)
    body = b"WAVE" + fmt + struct.pack("<4sI", b"data", 4) + bytes(4)
    assert "fmt_inconsistent" in kinds(
        read(tmp_path, struct.pack("<4sI", b"RIFF", len(body)) + body)
    )


def test_a_box_of_size_zero_runs_to_the_end(tmp_path: Path) -> None:
    """As the standard says, and it is told, as a recorder that was interrupted leaves it."""
    structure = read(tmp_path, FTYP + box(b"mdat", bytes(100), size=0))
    assert "size_to_end" in kinds(structure)
    assert structure.rest is None


@pytest.mark.parametrize("size", [1, 2, 7])
def test_a_box_smaller_than_its_header(tmp_path: Path, size: int) -> None:
    """Such a box would be read forever by a parser that trusts it."""
    structure = read(tmp_path, FTYP + box(b"moov", box(b"trak", bytes(16), size=size)))
    assert "broken_box" in kinds(structure)


def test_a_box_of_two_to_the_63(tmp_path: Path) -> None:
    """A 64-bit size beyond any disk is a file whose end is missing."""
    structure = read(tmp_path, FTYP + struct.pack(">I4sQ", 1, b"mdat", 2**63) + bytes(100))
    assert "box_beyond_file" in kinds(structure)
    assert structure.missing_bytes > 2**62


def test_boxes_nested_a_thousand_deep(tmp_path: Path) -> None:
    """Depth is bounded, and the bound is stated."""
    data = box(b"free")
    for _ in range(1000):
        data = box(b"trak", data)
    structure = read(tmp_path, FTYP + box(b"moov", data))
    assert "too_deep" in kinds(structure)
    assert max(row.depth for row in structure.elements) <= 12


def test_a_million_empty_boxes(tmp_path: Path) -> None:
    """The number of parts is bounded, and like parts share a row."""
    structure = read(tmp_path, FTYP + box(b"free") * 1_000_000)
    assert "too_many_elements" in kinds(structure)
    assert len(structure.elements) < 10
    assert structure.elements[-1].count > 300_000


def test_a_million_boxes_of_different_names(tmp_path: Path) -> None:
    """Rows are bounded even where no two parts are alike."""
    names = (struct.pack(">I4s", 8, b"%04d" % (number % 10_000)) for number in range(200_000))
    structure = read(tmp_path, FTYP + b"".join(names))
    assert "too_many_rows" in kinds(structure)
    assert len(structure.elements) <= 2_000


def test_elements_nested_a_thousand_deep(tmp_path: Path) -> None:
    """Matroska tags within tags are bounded too."""
    data = b"\xec\x80"
    for _ in range(300):
        data = b"\x67\xc8" + struct.pack(">Q", 1 << 56 | len(data)) + data
    tags = b"\x12\x54\xc3\x67" + struct.pack(">Q", 1 << 56 | len(data)) + data
    head = b"\x1a\x45\xdf\xa3\x80" + b"\x18\x53\x80\x67\x01" + b"\xff" * 7
    assert "too_deep" in kinds(read(tmp_path, head + tags))


def test_a_stream_of_unknown_sizes_is_followed(tmp_path: Path) -> None:
    """Live WebM, as browsers record it, has segments and clusters without a size."""
    block = b"\xa3\x84\x81\x00\x00\x80"
    cluster = b"\x1f\x43\xb6\x75\x01" + b"\xff" * 7 + b"\xe7\x81\x00" + block * 3
    doctype = b"\x42\x82\x84webm"
    tracks = b"\x16\x54\xae\x6b\x84\xae\x82\x86\x80"
    head = b"\x1a\x45\xdf\xa3" + bytes([0x80 | len(doctype)]) + doctype
    structure = read(tmp_path, head + b"\x18\x53\x80\x67\x01" + b"\xff" * 7 + tracks + cluster * 3)
    assert structure.format == "WebM"
    assert structure.facts["size_unknown"] == "yes"
    clusters = [row for row in structure.elements if row.kind == "Cluster"]
    assert [row.size for row in clusters] == [len(cluster)] * 3
    assert structure.rest is None
    assert structure.missing_bytes == 0


def page(data: bytes, *, number: int, granule: int, flags: int = 0, serial: int = 7) -> bytes:
    """One Ogg page with a right checksum."""
    lacing = bytes([255] * (len(data) // 255) + [len(data) % 255])
    head = struct.pack("<4sBBqIIIB", b"OggS", 0, flags, granule, serial, number, 0, len(lacing))
    whole = head + lacing + data
    return whole[:22] + struct.pack("<I", ogg_checksum(whole)) + whole[26:]


def opus_pages(
    *, serial: int = 7, comments: bytes = bytes(4), vendor: bytes = b"WhatsApp"
) -> list[bytes]:
    """The pages of a short Opus stream."""
    head = b"OpusHead\x01\x01" + struct.pack("<HIhB", 312, 16_000, 0, 0)
    tags = b"OpusTags" + struct.pack("<I", len(vendor)) + vendor + comments
    pages = [page(head, number=0, granule=0, flags=2, serial=serial)]
    pages.append(page(tags, number=1, granule=0, serial=serial))
    for number in range(2, 6):
        flags = 4 if number == 5 else 0
        granule = (number - 1) * 48_000
        pages.append(page(bytes(100), number=number, granule=granule, flags=flags, serial=serial))
    return pages


def test_the_hand_made_ogg_is_good(tmp_path: Path) -> None:
    """The pages that the next tests break are whole before they are broken."""
    structure = read(tmp_path, b"".join(opus_pages()))
    assert structure.anomalies == ()
    assert structure.facts["vendor"] == "WhatsApp"
    assert structure.facts["input_sample_rate_hz"] == 16_000


def test_a_page_with_a_broken_checksum(tmp_path: Path) -> None:
    """One changed byte of sound is one wrong checksum, with its place."""
    pages = opus_pages()
    data = bytearray(b"".join(pages))
    data[sum(map(len, pages[:3])) + 60] ^= 1
    structure = read(tmp_path, bytes(data))
    assert structure.facts["pages_with_bad_checksum"] == 1
    assert next(item.offset for item in structure.anomalies) == sum(map(len, pages[:3]))


def test_a_page_that_was_cut_out(tmp_path: Path) -> None:
    """The numbers of the pages show the gap."""
    pages = opus_pages()
    del pages[3]
    assert kinds(read(tmp_path, b"".join(pages))) == {"sequence_gap"}


def test_pages_in_the_wrong_order(tmp_path: Path) -> None:
    """Time that goes back is told."""
    pages = opus_pages()
    pages[2], pages[3] = pages[3], pages[2]
    assert "time_goes_back" in kinds(read(tmp_path, b"".join(pages)))


def test_two_streams_in_a_chain(tmp_path: Path) -> None:
    """A second stream behind the first is how Ogg files are joined."""
    structure = read(tmp_path, b"".join(opus_pages() + opus_pages(serial=8)))
    assert kinds(structure) == {"chained"}
    assert structure.facts["chained_streams"] == 1


def test_two_hours_of_small_pages(tmp_path: Path) -> None:
    """A messenger that writes a page for each 20 ms is read whole, for hours."""
    first, *_ = pages = opus_pages()
    sound = b"".join(page(b"x", number=n, granule=960 * n) for n in range(2, 1002))
    structure = read(tmp_path, first + pages[1] + sound * 420, most_s=20.0)
    assert structure.facts["pages"] == 420_002
    assert "too_many_elements" not in kinds(structure)
    assert len(structure.elements) < 10


def test_foreign_bytes_between_pages(tmp_path: Path) -> None:
    """Bytes that belong to no page are a part of their own."""
    pages = opus_pages()
    structure = read(tmp_path, b"".join([*pages[:4], b"hello" * 100, *pages[4:]]))
    assert "foreign_bytes" in kinds(structure)
    assert [row.size for row in structure.elements if row.kind == "unrecognised bytes"] == [500]


def test_ten_thousand_tags(tmp_path: Path) -> None:
    """The first 200 are kept, each cut to 500 characters, and all are counted."""
    tags = [f"KEY{number}=".encode() + b"x" * 600 for number in range(400)]
    comments = struct.pack("<I", 400) + b"".join(struct.pack("<I", len(tag)) + tag for tag in tags)
    structure = read(tmp_path, b"".join(long_comment_pages(comments)))
    assert structure.tag_count == 400
    assert len(structure.tags) == 200
    assert max(len(tag.value) for tag in structure.tags) < 530
    assert {tag.length for tag in structure.tags} == {600}
    info = b"".join(struct.pack("<4sI", b"ICMT", 2) + b"x\0" for _ in range(10_000))
    body = b"WAVE" + struct.pack("<4sI", b"LIST", len(info) + 4) + b"INFO" + info
    structure = read(tmp_path, struct.pack("<4sI", b"RIFF", len(body)) + body)
    assert structure.tag_count == 10_000
    assert len(structure.tags) == 200


def long_comment_pages(comments: bytes) -> list[bytes]:
    """Opus pages whose comments span several pages."""
    head, *_ = opus_pages()
    packet = b"OpusTags" + struct.pack("<I", 1) + b"v" + comments
    pages, number = [head], 1
    for start in range(0, len(packet), 255 * 200):
        piece = packet[start : start + 255 * 200]
        lacing = bytes([255] * (len(piece) // 255))
        if len(piece) < 255 * 200:
            lacing += bytes([len(piece) % 255])
        raw = (
            struct.pack("<4sBBqIIIB", b"OggS", 0, 0, 0, 7, number, 0, len(lacing)) + lacing + piece
        )
        pages.append(raw[:22] + struct.pack("<I", ogg_checksum(raw)) + raw[26:])
        number += 1
    return pages


def test_comments_that_announce_four_billion(tmp_path: Path) -> None:
    """A count is never trusted: reading ends with the packet."""
    structure = read(tmp_path, b"".join(opus_pages(comments=b"\xff" * 4)))
    assert "broken_comments" in kinds(structure)


def test_tags_that_hide_their_direction_are_made_visible(tmp_path: Path) -> None:
    """A bidirectional override in a vendor's name is shown as its code."""
    structure = read(tmp_path, b"".join(opus_pages(vendor="a\u202eb".encode())))
    assert structure.facts["vendor"] == "a\\u202eb"


def test_an_id3_tag_larger_than_the_file(tmp_path: Path) -> None:
    """A tag of 256 MB in a small file is missing bytes."""
    structure = read(tmp_path, b"ID3\x04\x00\x00\x7f\x7f\x7f\x7f" + bytes(100))
    assert "id3_beyond_file" in kinds(structure)
    assert structure.missing_bytes > 200_000_000


def test_a_picture_of_sixty_thousand_pixels_square(tmp_path: Path, made: Made) -> None:
    """Its header's size is told; nobody allocates it."""
    png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", 60_000, 60_000) + bytes(20)
    frame = b"\0image/png\0\x03\0" + png
    tag = b"APIC" + struct.pack(">IH", len(frame), 0) + frame
    size = len(tag)
    head = b"ID3\x03\0\0" + bytes([0, 0, size >> 7 & 0x7F, size & 0x7F])
    structure = read(tmp_path, head + tag + made("mp3"))
    (picture,) = structure.pictures
    assert (picture.width_px, picture.height_px, picture.size) == (60_000, 60_000, len(png))
    assert picture.media_type == "image/png"
    assert picture.use == "front cover"


def test_pictures_of_other_kinds_state_their_size() -> None:
    """JPEG, GIF, BMP and WebP are told by their headers, and a cut header tells nothing."""
    jpeg = b"\xff\xd8\xff\xe0\0\x04ab\xff\xc0\0\x11\x08\0\x30\0\x40" + bytes(10)
    assert pixels_of(jpeg) == (64, 48)
    assert pixels_of(b"GIF89a\x40\0\x30\0") == (64, 48)
    assert pixels_of(b"BM" + bytes(16) + struct.pack("<ii", 64, -48)) == (64, 48)
    webp = b"RIFF\0\0\0\0WEBPVP8X" + bytes(8) + b"\x3f\0\0\x2f\0\0"
    assert pixels_of(webp) == (64, 48)
    assert pixels_of(jpeg[:12]) is None
    assert pixels_of(b"not a picture") is None


def test_lost_sync_in_an_mp3(tmp_path: Path, made: Made) -> None:
    """Foreign bytes between frames are a part of their own, and the frames go on behind them."""
    data = made("mp3")
    middle = data.find(b"\xff\xfb", len(data) // 2)
    structure = read(tmp_path, data[:middle] + b"\x00" * 777 + data[middle:])
    assert "lost_sync" in kinds(structure)
    assert [row.size for row in structure.elements if row.kind == "unrecognised bytes"] == [777]


def test_two_mp3_files_joined(tmp_path: Path, made: Made) -> None:
    """The second file's own header frame gives the joint away."""
    data = made("mp3")
    structure = read(tmp_path, data + data[data.find(b"\xff\xfb") :])
    assert {"second_info", "frame_count_differs"} <= kinds(structure)


def test_an_mp3_that_was_cut_at_a_frame(tmp_path: Path, made: Made) -> None:
    """The header still counts the frames that are gone."""
    data = made("mp3")
    last = data.rfind(b"\xff\xfb", 0, len(data) - 400)
    assert "frame_count_differs" in kinds(read(tmp_path, data[:last]))


def test_a_change_of_rate_within_adts(tmp_path: Path, made: Made) -> None:
    """Frames of another sample rate are told, with their place."""
    data = made("aac")
    other = bytearray(data)
    place = 0
    while place < len(other):
        size = (other[place + 3] & 3) << 11 | other[place + 4] << 3 | other[place + 5] >> 5
        other[place + 2] = other[place + 2] & 0xC3 | 8 << 2
        place += size
    structure = read(tmp_path, data + bytes(other))
    (change,) = structure.anomalies
    assert (change.kind, change.offset) == ("parameters_change", len(data))


def test_a_mode_that_amr_does_not_have(tmp_path: Path) -> None:
    """Reading stops there, and the rest is what follows the end."""
    structure = read(tmp_path, b"#!AMR\n" + (b"\x3c" + bytes(31)) * 5 + b"\x4c" + bytes(50))
    assert "broken_frame" in kinds(structure)
    assert structure.facts["frames"] == 5
    assert structure.rest is not None


def test_a_time_before_recorders(tmp_path: Path) -> None:
    """A creation time in 1904 is read, and said to be implausible."""
    mvhd = box(b"mvhd", struct.pack(">IIIII", 0, 3600, 3600, 1000, 2000) + bytes(80))
    structure = read(tmp_path, FTYP + box(b"moov", mvhd) + box(b"mdat"))
    assert structure.times[0].time == "1904-01-01T01:00:00Z"
    assert "implausible_time" in kinds(structure)


def test_filler_that_is_not_empty(tmp_path: Path) -> None:
    """Something may be hidden where nothing should be."""
    rows = read(tmp_path, FTYP + box(b"free", b"hidden") + box(b"mdat") + box(b"moov")).elements
    assert rows[1].note == "filler that is not empty"


@pytest.mark.parametrize(
    "data", [b"", b"R", b"RIFF", b"ID3", b"OggS", b"\xff" * 10_000, bytes(10_000)]
)
def test_almost_nothing(tmp_path: Path, data: bytes) -> None:
    """Empty files and lone magics end in a structure, not in a crash."""
    assert read(tmp_path, data).file_size == len(data)


def test_ten_megabytes_that_look_like_frames(tmp_path: Path) -> None:
    """Bytes that begin a frame everywhere, and are one nowhere, do not stall the search."""
    good = b"\xff\xfb\x90\x00" + bytes(413)
    read(tmp_path, good * 3 + b"\xff\xfb\x90\x00" * 2_500_000)
    read(tmp_path, good * 3 + b"\xff" * 10_000_000)
