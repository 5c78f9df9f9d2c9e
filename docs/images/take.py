"""Takes the picture of a report that the README shows, with Chromium.

make demo && .venv/bin/python docs/images/take.py

The picture shows the demo's report twice, side by side: its beginning, and the first answer with plots.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from fractions import Fraction
from pathlib import Path

import av
import av.filter

HERE = Path(__file__).resolve().parent
REPORT = HERE.parents[1] / "demo" / "case" / "reports" / "report.html"
PAGE = """<!doctype html><meta charset="utf-8"><style>
body { margin: 0; display: flex; gap: 16px; padding: 16px; background: #c9ced6; }
div { width: 640px; height: 820px; overflow: hidden; background: #fff; box-shadow: 0 2px 9px #0005; }
iframe { width: 960px; height: 1230px; border: 0; transform: scale(.6667); transform-origin: 0 0; }
</style>
<div><iframe src="{report}"></iframe></div><div><iframe id="plots" src="{report}"></iframe></div>
<script>
const plots = document.getElementById("plots");
plots.onload = () => plots.contentDocument.querySelector("figure").closest("article").scrollIntoView();
</script>
"""


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


def main() -> int:
    """Take the picture; say how large it is."""
    report = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else REPORT
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None or not report.is_file():
        print("this needs Chromium, and the demo's report: make demo", file=sys.stderr)
        return 1
    picture = HERE / "report.png"
    with tempfile.TemporaryDirectory() as folder:
        page, shot = Path(folder) / "page.html", Path(folder) / "shot.png"
        page.write_text(PAGE.replace("{report}", report.as_uri()), "utf-8")
        command = [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
        command += ["--allow-file-access-from-files", "--virtual-time-budget=3000"]
        command += ["--window-size=1328,852", f"--screenshot={shot}", page.as_uri()]
        subprocess.run(command, check=True, capture_output=True, timeout=120)  # noqa: S603
        picture.write_bytes(with_palette(shot))
    print(f"{picture}: {picture.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
