"""Write every bad file into a folder. Nothing of it is committed; all of it is made by this package.

``make_all`` needs a POSIX file system and takes a few seconds and some 15 MB; with ``long=True`` it
adds recordings of many hours as sparse files, which take little of the disk but a while to decode.
"""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from . import bombs, broken
from .kinds import BadFile, Expected
from .sound import coded, good_wav, murmur, video, wav

Entry = tuple[str, str, Expected, bytes | Callable[[], bytes]]
_HTML = b"<!DOCTYPE html><html><script>alert(document.cookie)</script><p>recording</p></html>"


def make_all(folder: Path, *, long: bool = False) -> dict[str, BadFile]:
    """Write the bad files under a folder and say of each what is wrong and what is expected."""
    folder.mkdir(parents=True, exist_ok=True)
    made: list[BadFile] = []
    for entries in (_not_sound(), _waves(), _containers(), _references(folder), _bombs()):
        for name, wrong, expected, content in entries:
            path = folder / name
            path.write_bytes(content if isinstance(content, bytes) else content())
            made.append(BadFile(name, path, wrong, expected))
    made += _not_files(folder)
    made += _odd_names(folder / "names")
    if long:
        made += _long(folder)
    return {bad.name: bad for bad in made}


def _not_sound() -> list[Entry]:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("inner.wav", good_wav())
    noise = np.random.default_rng(5).bytes(200_000)
    return [
        ("empty.wav", "It has no bytes.", "refused: EmptyFile", b""),
        ("text.mp3", "It is plain text.", "refused: NotARecording", b"Peace on the quays.\n" * 50),
        ("zeros.mp3", "It is 64 kB of zero bytes.", "refused: NotARecording", bytes(65_536)),
        ("noise.mp3", "It is random bytes, which look like MP3 here and there.",
         "refused: NotARecording", noise),
        ("zip.wav", "It is a zip archive.", "refused: NotARecording", archive.getvalue()),
        ("html.m4a", "It is a web page with a script.", "refused: NotARecording", _HTML),
        ("tag_only.mp3", "It is an ID3 tag with no sound behind it.", "refused: NotARecording",
         bombs.id3(bombs.id3_frame(b"TIT2", b"\x00message"))),
        ("picture.mp3", "It is a PNG picture.", "refused: NotARecording",
         lambda: bombs.png_bomb(side=60)),
        ("pictures_only.mp4", "It is a video without sound.", "refused: NotARecording",
         lambda: video("mp4", with_sound=False)),
    ]  # fmt: skip


def _waves() -> list[Entry]:
    sound = murmur()
    body = sound.tobytes()
    floats = sound.astype(np.float32) / 32_768
    nan, infinite = floats.copy(), floats.copy()
    nan[1000:1100] = np.nan
    infinite[1000::2000] = np.inf
    eight = np.repeat(sound[:, None], 8, axis=1).tobytes()
    return [
        ("truncated.wav", "It breaks off in the middle of its samples, and of one sample.",
         "accepted", wav(body)[: len(body) // 2 + 1]),
        ("says_too_much.wav", "Its header says that 4 GiB of samples follow.", "accepted",
         wav(body, says=2**32 - 1)),
        ("says_too_little.wav", "Its header says 2,000 bytes, but 3 s follow.", "accepted",
         wav(body, says=2000)),
        ("says_zero.wav", "Its header says that no samples follow, as streams do; some follow.",
         "accepted", wav(body, says=0)),
        ("rate_0.wav", "Its sample rate is 0.", "refused: NotARecording", wav(body, rate_hz=0)),
        ("rate_4e9.wav", "Its sample rate is 4 GHz.", "refused: NotARecording",
         wav(body, rate_hz=4_000_000_000)),
        ("rate_2e9.wav", "Its sample rate is 2 GHz, which still is a signed number.",
         "refused: NotARecording", wav(body, rate_hz=2_000_000_000)),
        ("rate_1.wav", "Its sample rate is 1 Hz: 3 s would last 13 hours.",
         "refused: NotARecording", wav(body, rate_hz=1)),
        ("nan.wav", "100 of its float samples are NaN.", "accepted",
         wav(nan.tobytes(), bits=32, tag=3)),
        ("infinite.wav", "24 of its float samples are infinite.", "accepted",
         wav(infinite.tobytes(), bits=32, tag=3)),
        ("huge_floats.wav", "Its float samples go up to 1e30 of full scale.", "accepted",
         wav((floats * np.float32(1e30)).tobytes(), bits=32, tag=3)),
        ("one_sample.wav", "It has one sample.", "accepted: too short", wav(body[:2])),
        ("no_samples.wav", "It has a whole header and no sample.", "refused: DecodeError", wav(b"")),
        ("eight_channels.wav", "It has eight channels.", "accepted", wav(eight, channels=8)),
        ("channels_0.wav", "It says that it has no channels.", "refused: NotARecording",
         wav(body, channels=0)),
        ("channels_65535.wav", "It says that it has 65,535 channels.", "refused: NotARecording",
         wav(body, channels=65_535)),
        ("bits_0.wav", "It says that a sample has no bits.", "refused: NotARecording",
         wav(body, bits=0)),
        ("unknown_codec.wav", "Its codec is one that nobody knows.", "refused: NotARecording",
         wav(body, tag=0x4242)),
    ]  # fmt: skip


def _containers() -> list[Entry]:
    mp3 = coded("mp3", "libmp3lame", murmur())
    ogg = broken.ogg()
    return [
        ("moov_missing.mp4", "It breaks off before its table of contents.",
         "refused: NotARecording", broken.mp4_without_moov),
        ("truncated.ogg", "It breaks off within a page.", "accepted", ogg[: len(ogg) // 2 + 13]),
        ("truncated.mp3", "It breaks off within a frame.", "accepted", mp3[: len(mp3) // 2 + 13]),
        ("headers_only.ogg", "It breaks off after its headers.", "refused: NotARecording",
         b"".join(list(broken.ogg_pages(ogg))[:2])),
        ("broken_pages.ogg", "Pages in its middle third have wrong checksums.", "accepted",
         broken.ogg_with_broken_pages),
        ("chained.ogg", "It is two Ogg streams one after the other, of 6 and 4 s.", "accepted",
         broken.chained_ogg),
        ("two_rates.mp3", "Its sample rate changes from 44.1 to 22.05 kHz halfway.", "accepted",
         broken.mp3_of_two_rates),
        ("stereo_halfway.mp3", "It turns from one channel into two halfway.", "accepted",
         broken.mp3_mono_then_stereo),
        ("hidden_start.m4a", "Its edit list hides the first 3 of its 6 s.", "accepted",
         lambda: broken.m4a_with_edit_list(skip_s=3.0)),
        ("no_duration.m4a", "Its edit list says that it lasts no time; FFmpeg obeys, others play it.",
         "refused: DecodeError", broken.m4a_of_no_duration),
        ("telephone.amr", "It is 8 kHz AMR, and nothing is wrong with it.", "accepted",
         lambda: coded("amr", "amr_nb", murmur(rate_hz=8000), rate_hz=8000, bits_per_second=12_200)),
        ("video.mp4", "It is a video with sound.", "accepted",
         lambda: video("mp4", with_sound=True)),
        ("video.mkv", "It is a video with sound.", "accepted",
         lambda: video("matroska", with_sound=True)),
        ("two_tracks.mkv", "It has two audio tracks.", "accepted",
         lambda: coded("matroska", "aac", murmur(), streams=2)),
        ("markup_in_tags.mp3", "Its title is markup with a script and a line break.", "accepted",
         lambda: coded("mp3", "libmp3lame", murmur(),
                       metadata={"title": "</td><script>alert(1)</script>\n\x1b[31mred"})),
    ]  # fmt: skip


def _references(folder: Path) -> list[Entry]:
    """Playlists: a reader that follows them opens other files, or the network."""
    target = folder / "targets" / "segment.ts"
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(coded("mpegts", "aac", murmur()))
    playlist = "#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\n%s\n#EXT-X-ENDLIST\n"
    return [
        ("concat.wav", "It is a list that makes FFmpeg open another file.",
         "refused: NotARecording", b"ffconcat version 1.0\nfile 'eight_channels.wav'\n"),
        ("concat_climbs.wav", "It is such a list, and names a file outside its folder.",
         "refused: NotARecording", b"ffconcat version 1.0\nfile /etc/hostname\n"),
        ("playlist.m3u8", "It is an HLS playlist that names a file beside it.",
         "refused: NotARecording", (playlist % "targets/segment.ts").encode()),
        ("playlist_climbs.m3u8", "It is an HLS playlist that names a file by its whole path.",
         "refused: NotARecording", os.fsencode(playlist % target.absolute())),
        ("playlist.mp3", "It is an HLS playlist that names a local file and a host.",
         "refused: NotARecording",
         b"#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\nfile:eight_channels.wav\n"
         b"#EXTINF:3,\nhttp://127.0.0.1:9/x.ts\n#EXT-X-ENDLIST\n"),
        ("session.m4a", "It is a description of a network session to be listened to.",
         "refused: NotARecording",
         b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n"),
    ]  # fmt: skip


def _bombs() -> list[Entry]:
    return [
        ("picture_bomb.mp3", "Its cover inflates to 30,000 x 30,000 pixels.", "accepted",
         bombs.mp3_with_picture_bomb),
        ("many_tags.mp3", "It has 10,000 tags.", "accepted", bombs.mp3_with_many_tags),
        ("huge_tag.mp3", "Its ID3 tag says that it is 256 MB long, in a file of 20 kB.",
         "refused: NotARecording",
         lambda: bombs.id3(b"", says=2**28 - 1) + coded("mp3", "libmp3lame", murmur())),
        ("huge_table.m4a", "Its table of samples says that it has 4 G entries.",
         "refused: NotARecording", bombs.mp4_with_huge_table),
        ("silence_bomb.flac", "Its 170 kB decode to 25.5 hours of silence.", "refused: TooLong",
         bombs.flac_bomb),
    ]  # fmt: skip


def _not_files(folder: Path) -> Iterator[BadFile]:
    good = folder / "good_for_links.wav"
    good.write_bytes(good_wav())
    (folder / "folder.wav").mkdir(exist_ok=True)
    yield BadFile("folder", folder / "folder.wav", "It is a folder.", "refused: NotAFile")
    for name, target, wrong in (
        ("link.wav", good.name, "It is a symbolic link to a good recording."),
        ("dangling.wav", "nowhere.wav", "It is a symbolic link to nothing."),
        ("link_to_zero.wav", "/dev/zero", "It is a symbolic link to a device that never ends."),
    ):
        path = folder / name
        path.unlink(missing_ok=True)
        path.symlink_to(target)
        yield BadFile(name, path, wrong, "refused: NotAFile")
    pipe = folder / "pipe.wav"
    pipe.unlink(missing_ok=True)
    os.mkfifo(pipe)
    yield BadFile("pipe", pipe, "It is a pipe that nobody writes to.", "refused: NotAFile")
    yield BadFile(
        "missing", folder / "missing.wav", "It does not exist.", "refused: UnreadableFile"
    )
    locked = folder / "unreadable.wav"
    locked.unlink(missing_ok=True)
    locked.write_bytes(good_wav())
    locked.chmod(0)
    for_root: Expected = "accepted" if os.geteuid() == 0 else "refused: UnreadableFile"
    yield BadFile("unreadable", locked, "Nobody but root may read it.", for_root)


def _odd_names(folder: Path) -> Iterator[BadFile]:
    """Good recordings that are accepted under bad names; what is shown of the name must be safe."""
    folder.mkdir(exist_ok=True)
    names: dict[str, tuple[bytes, str]] = {
        "newline": (b"two\nlines.wav", "Its name has a line break."),
        "dots": (b"..\\..\\.._etc_passwd..wav", "Its name climbs out of the folder, on Windows."),
        "dots_only": (b"...", "Its name is three dots."),
        "override": ("message\u202evaw.exe".encode(), "Its name turns its writing round."),
        "255_bytes": (("ص" * 125 + "a.wav").encode(), "Its name is as long as a name can be."),
        "not_utf8": (b"caf\xe9\xff.wav", "Its name is not UTF-8."),
        "dash": (b"-rf --help.wav", "Its name looks like an option."),
        "markup": (b"\"'><script>alert(1)<\\script>&amp;.wav", "Its name is markup."),
        "escape": (b"\x1b]0;owned\x07\x1b[31m.wav", "Its name writes on the terminal's title."),
        "protocol": (b"concat:a.wav|b.wav", "Its name is a protocol of FFmpeg."),
        "pattern": (b"image%03d.wav", "Its name is a pattern for FFmpeg."),
        "space": (b" .wav ", "Its name begins and ends with a space."),
    }
    for name, (raw, wrong) in names.items():
        path = folder / os.fsdecode(raw)
        path.write_bytes(good_wav())
        yield BadFile(f"name_{name}", path, wrong, "accepted")


def _long(folder: Path) -> Iterator[BadFile]:
    ten = folder / "ten_hours.wav"
    bombs.sparse_wav(ten, hours=10)
    yield BadFile("ten_hours.wav", ten, "It lasts ten hours, all silent.", "accepted")
    day = folder / "thirty_hours.wav"
    bombs.sparse_wav(day, hours=30)
    yield BadFile("thirty_hours.wav", day, "It lasts thirty hours.", "refused: TooLong")
    tags = folder / "too_many_tags.mp3"
    tags.write_bytes(bombs.mp3_with_many_tags(40_000))
    yield BadFile(
        tags.name,
        tags,
        "It has 40,000 tags; FFmpeg's time grows with their square.",
        "refused: NotARecording",
    )
