"""Takes the pictures of a report and of the desk that the README shows, with Chromium.

make demo && .venv/bin/python docs/images/take.py

Each shows two screens of the demo, side by side: the report's beginning and its first answer with plots;
the case at a glance and the message over its waveform.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.filter
from playwright.sync_api import Page, sync_playwright

import earwitness

HERE = Path(__file__).resolve().parent
CASE = HERE.parents[1] / "demo" / "case"
SCREEN = {"width": 960, "height": 1230}
BESIDE = """<!doctype html><meta charset="utf-8"><style>
body {{ margin: 0; display: flex; gap: 16px; padding: 16px; background: #c9ced6; }}
img {{ width: 640px; height: 820px; box-shadow: 0 2px 9px #0005; }}
</style><img src="{one}"><img src="{other}">"""


def with_palette(shot: Path) -> bytes:
    """The same picture as a PNG of 256 colours, which is a third of the size."""
    with av.open(str(shot)) as container:
        frame = next(container.decode(video=0))
    graph = av.filter.Graph()
    source = graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format, time_base=Fraction(1, 25)
    )
    halves, colours = graph.add("split"), graph.add("palettegen")
    painted, sink = graph.add("paletteuse", "dither=none"), graph.add("buffersink")
    source.link_to(halves)
    halves.link_to(painted, 0, 0)
    halves.link_to(colours, 1, 0)
    colours.link_to(painted, 0, 1)
    painted.link_to(sink)
    graph.configure()
    graph.push(frame)
    graph.push(None)
    encoder = av.CodecContext.create("png", "w")
    encoder.width, encoder.height, encoder.pix_fmt = frame.width, frame.height, "pal8"
    encoder.time_base = Fraction(1, 25)
    return b"".join(bytes(packet) for packet in [*encoder.encode(graph.pull()), *encoder.encode()])


@contextmanager
def desk(case: Path) -> Iterator[str]:
    """The case at the desk, served as a person serves it; gives its address."""
    command = [sys.executable, "-m", "earwitness.cli", "--as", "R. Amadi", "serve", str(case)]
    with subprocess.Popen([*command, "--port", "0"], stdout=subprocess.PIPE, text=True) as serving:  # noqa: S603
        assert serving.stdout is not None
        try:
            yield serving.stdout.readline().split()[-1]
        finally:
            serving.terminate()


def of_report(page: Page, case: Path) -> Iterator[bytes]:
    """The report's beginning, and its first answer with plots."""
    page.goto((case / "reports" / "report.html").as_uri())
    yield page.screenshot()
    page.evaluate("document.querySelector('figure').closest('article').scrollIntoView()")
    yield page.screenshot()


def of_desk(page: Page, case: Path) -> Iterator[bytes]:
    """The case at a glance, and the message over its waveform, a place chosen."""
    message = earwitness.open(case).exhibits[0].sha256
    for _ in earwitness.open(case).prepare(message):
        pass
    with desk(case) as address:
        page.goto(address)
        yield page.screenshot()
        page.goto(f"{page.url}/listen/{message}#t=60.9,72.7")
        page.wait_for_selector("#player[data-drawn=yes]")
        page.wait_for_load_state("networkidle")
        yield page.screenshot()


def main() -> int:
    """Take the pictures; say how large they are."""
    case = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else CASE
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None or not (case / "reports" / "report.html").is_file():
        print("this needs Chromium, and the demo's report: make demo", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for name, screens in (("report", of_report), ("desk", of_desk)):
            page = browser.new_page(viewport=SCREEN, reduced_motion="reduce")
            shots = [Path(folder) / f"{name}-{side}.png" for side in ("one", "other")]
            for path, content in zip(shots, screens(page, case), strict=True):
                path.write_bytes(content)
            picture = HERE / f"{name}.png"
            picture.write_bytes(with_palette(side_by_side(browser, Path(folder), shots)))
            print(f"{picture}: {picture.stat().st_size:,} bytes")
    return 0


def side_by_side(browser: Any, folder: Path, shots: list[Path]) -> Path:
    """Two screens on one sheet."""
    sheet = folder / "sheet.html"
    sheet.write_text(BESIDE.format(one=shots[0].as_uri(), other=shots[1].as_uri()), "utf-8")
    page = browser.new_page(viewport={"width": 1328, "height": 852})
    page.goto(sheet.as_uri())
    page.screenshot(path=folder / "sheet.png")
    return folder / "sheet.png"


if __name__ == "__main__":
    sys.exit(main())
