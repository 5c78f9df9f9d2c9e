"""A browser's screens: opened, filled by hand, looked at, and asked what keeps people out."""

from __future__ import annotations

import base64
import os
import time
from pathlib import Path
from typing import Any

SHOTS = os.environ.get("EARWITNESS_SCREENSHOTS", "")  # a folder, for who wants to look
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")


class watched:
    """A page in which every script error, refused content and dialog is noted, and must not be."""

    def __init__(self, chromium: Any, **how: Any) -> None:
        self._context = chromium.new_context(
            **{"viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce", **how}
        )
        self.page = self._context.new_page()
        self.troubles: list[str] = []
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("console", self._note)
        self.page.on("dialog", lambda dialog: (self.troubles.append("a dialog"), dialog.dismiss()))

    def _note(self, message: Any) -> None:
        if message.type == "error" and "status of 4" not in message.text:
            self.troubles.append(message.text)

    def __enter__(self) -> Any:
        return self.page

    def __exit__(self, *_: object) -> None:
        self._context.close()
        assert not self.troubles


def drop(page: Any, where: str, *paths: Path) -> None:
    """Drop files on a part of a page, as a person does who drags them there."""
    given = [[path.name, base64.b64encode(path.read_bytes()).decode()] for path in paths]
    transfer = page.evaluate_handle(
        """(given) => { const transfer = new DataTransfer();
        for (const [name, text] of given) {
          const bytes = Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
          transfer.items.add(new File([bytes], name)); }
        return transfer; }""",
        given,
    )
    page.dispatch_event(where, "dragover", {"dataTransfer": transfer})
    page.dispatch_event(where, "drop", {"dataTransfer": transfer})


def until(page: Any, holds: str) -> None:
    """Wait until an expression holds in the page; asked from here, for the page may evaluate nothing."""
    give_up = time.monotonic() + 20
    while not page.evaluate(holds):
        assert time.monotonic() < give_up, holds
        page.wait_for_timeout(50)


def shoot(page: Any, name: str) -> None:
    """Keep a picture of the page, if somebody wants to look."""
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


def violations(page: Any) -> list[str]:
    """What axe finds on a page, by rule and place: WCAG 2.2 A and AA, and what is good practice."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, options={"runOnly": list(RULES)}).response["violations"]
    return [
        f"{each['id']} ({each['impact']}): {node['target']} {node['html'][:120]}"
        for each in found
        for node in each["nodes"]
    ]
