"""Every page is open to everybody: what axe says of each, wide and narrow, light and dark.

Which pages there are is read from the application, so that a new one without a line here fails.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from desks import PASSWORDS, served
from screens import shoot, violations, watched

import earwitness
from earwitness.outcome import Asked
from earwitness.web import messages
from earwitness.web.accounts import Accounts
from earwitness.web.app import make_app
from earwitness.web.desk import Desk
from earwitness.web.guard import MAX_FORM_BYTES, Door
from earwitness.web.messages import catalogues
from earwitness.workbench import Case
from report import golden_case

WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
LOOKS = (("light", WIDE), ("dark", WIDE), ("light", PHONE), ("dark", PHONE))
CASE = "/cases/golden.case"
VISITS = {  # by the route of a page: the addresses at which it is visited
    "/": ["/"],
    "/login": ["/login"],
    "/accounts": ["/accounts"],
    "/cases/{name}": [CASE],
    "/cases/{name}/questions/{asked}": [
        *(f"{CASE}/questions/{asked}" for asked in Asked),
        f"{CASE}/questions/when?exhibit=K1",
    ],
    "/cases/{name}/settings": [f"{CASE}/settings"],
    "/cases/{name}/custody": [f"{CASE}/custody", f"{CASE}/custody?before=4"],
    "/cases/{name}/report": [f"{CASE}/report"],
    "/cases/{name}/report/preview": [f"{CASE}/report/preview"],
    "/cases/{name}/listen/{sha256}": [f"{CASE}/listen/{{recording}}", f"{CASE}/listen/{{other}}"],
    "/cases/{name}/dossier": [f"{CASE}/dossier", f"{CASE}/dossier?document={{arabic}}"],
    "/cases/{name}/dossier/names": [f"{CASE}/dossier/names"],
    "/cases/{name}/dossier/conflicts": [f"{CASE}/dossier/conflicts"],
    "/cases/{name}/dossier/timeline": [f"{CASE}/dossier/timeline"],
    "/cases/{name}/dossier/edit/{beginning}": [f"{CASE}/dossier/edit/{{statement}}"],
}
TROUBLES = {  # addresses that end in trouble, and how
    "/nowhere": 404,
    "/cases/none.case": 404,
    "/cases/damaged.case": 409,
    f"{CASE}/questions/nothing": 422,
    f"{CASE}/listen/0000000": 404,
    f"{CASE}/dossier/edit/0": 422,
    f"{CASE}/report/file/pdf": 404,
}
ARTICLES = {
    "harbour.txt": "outlet: The Harbour Post\npublished: 2031-05-04\n\n"
    "Berta Anders was born in Nurheim in 1975, according to a ministry statement. The network could "
    "not independently verify the voice. Officials said Otto Berg was detained in March 2014.\n",
    "dale.txt": "outlet: The Dale Times\npublished: 2031-05-06\n\n"
    "Berta Anders was born in Tal Sabah in 1971, relatives said. Berta Andars died in 2015.\n",
    "خبر.txt": "قال المتحدث إن الرسالة سُجلت في آذار 2014، ولم تتمكن القناة من التحقق من الصوت.\n",
}
SAID = "1\n00:00:00,500 --> 00:00:01,500\nThe sea is calm.\n"


def pages() -> set[str]:
    """The routes that answer with a page to who asks for one, as the application describes them."""
    described = make_app(Desk(Path(__file__).parent), Door()).openapi()["paths"]
    return {
        path
        for path, methods in described.items()
        if "text/html"
        in methods.get("get", {}).get("responses", {}).get("200", {}).get("content", ())
    }


def test_each_page_of_the_desk_is_visited() -> None:
    """No page has been added that nobody looks at here, and none is listed that is not there."""
    assert pages() == set(VISITS)


@dataclass(frozen=True)
class Place:
    """A desk that asks for accounts, the same without, and what is in its case."""

    open: str
    closed: str
    named: dict[str, str]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A desk with a case in which everything occurs that a page can show, and one that is damaged."""
    folder = tmp_path_factory.mktemp("desk")
    kept = Accounts(folder / "accounts.json")
    for name, right in (("rita", "reader"), ("adam", "admin")):
        kept.add(name, PASSWORDS[name], right)
    damaged = earwitness.new(folder / "damaged.case")
    with golden_case.pinned():
        named = fill(golden_case.make(folder), folder)
        (damaged.path / "case.toml").write_text("title = [")
        with served(folder) as plain, served(folder, Door(accounts=kept)) as closed:
            yield Place(plain, closed, named)


def fill(case: Case, work: Path) -> dict[str, str]:
    """Add documents that disagree, what is said, and a mark; give what the pages are named by."""
    for name, text in ARTICLES.items():
        (work / name).write_text(text)
        drafted = case.draft(work / name)
    statement, *_ = case.dossier.accept(list(case.dossier.read().statements)[:1]) or [""]
    recording, other = (each.sha256 for each in case.exhibits if each.role.is_recording)
    (work / "said.srt").write_text(SAID)
    case.add_transcript(work / "said.srt", of=recording)
    case.mark(recording, 0.25, 0.5, "a click")
    statement = next(iter(case.dossier.read().statements))
    return {
        "recording": recording,
        "other": other,
        "arabic": drafted.sha256,
        "statement": statement,
    }


def look_at(page: Any, name: str) -> None:
    """Hold a page against the rules in every look; it must not be wider than its screen either."""
    for scheme, size in LOOKS:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size(size)
        look = f"{name} in {scheme} at {size['width']}"
        assert not violations(page), look
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= size["width"], f"{look} is {width} wide"
        shoot(page, f"{name.strip('/').replace('/', '-') or 'cases'}-{scheme}-{size['width']}")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(WIDE)


def without_sandbox(route: Any) -> None:
    """The bytes of the preview as they are sent, but for the header that lets no script in, nor axe."""
    answer = route.fetch()
    policy = "content-security-policy"
    route.fulfill(response=answer, headers={k: v for k, v in answer.headers.items() if k != policy})


def log_in(page: Any, place: Place, name: str, password: str) -> None:
    """Log in, as a person does."""
    page.goto(f"{place.closed}/login")
    page.fill("#name", name)
    page.fill("#password", password)
    page.click("main button")


@pytest.mark.parametrize("route", VISITS)
def test_a_page_is_open_to_everybody(chromium: Any, place: Place, route: str) -> None:
    """Axe finds nothing against WCAG 2.2 AA or good practice, at whatever address the page has."""
    with watched(chromium) as page:
        address = place.open
        if route == "/accounts":
            address = place.closed
            log_in(page, place, "adam", PASSWORDS["adam"])
        page.route("**/report/preview", without_sandbox)
        for visit in VISITS[route]:
            answer = page.goto(address + visit.format_map(place.named))
            assert answer.status == 200
            if "/listen/" in visit:
                page.wait_for_selector("#player[data-drawn=yes]")
            look_at(page, visit)


@pytest.mark.parametrize("address", TROUBLES)
def test_trouble_is_open_to_everybody(chromium: Any, place: Place, address: str) -> None:
    """What could not be done is told on a page like any other, with a way back."""
    with watched(chromium) as page:
        answer = page.goto(place.open + address)
        assert answer.status == TROUBLES[address]
        assert page.locator("main a[href='/']").count() == 1
        look_at(page, f"{answer.status}-{address[-8:]}")


def test_what_the_door_says_is_open_to_everybody(chromium: Any, place: Place) -> None:
    """A wrong password, too many of them, and a page that only an admin may see."""
    with watched(chromium) as page:
        log_in(page, place, "rita", PASSWORDS["rita"])
        assert page.goto(f"{place.closed}/accounts").status == 403
        assert page.get_by_text("ask an admin of this desk").count() == 1
        look_at(page, "403")
        page.click("header button")
        log_in(page, place, "rita", "a wrong password")
        look_at(page, "login-failed")
        for _ in range(5):
            log_in(page, place, "rita", "a wrong password")
        assert page.get_by_text("Too many tries").count() == 1
        look_at(page, "login-wait")


@pytest.mark.parametrize(
    ("form", "status", "says"),
    [("old", 403, "open the page anew"), ("large", 413, "in fewer words")],
)
def test_a_form_that_is_refused_is_open_to_everybody(
    chromium: Any, place: Place, form: str, status: int, says: str
) -> None:
    """A form of a page from before the desk was started anew, and one that is too large."""
    with watched(chromium) as page:
        page.goto(f"{place.open}{CASE}/settings")
        if form == "old":
            page.evaluate("document.querySelector('form.fields [name=csrf]').value = '0'")
        else:
            page.evaluate(
                "(most) => { const title = document.querySelector('#title');"
                "title.removeAttribute('maxlength'); title.value = 'x'.repeat(most); }",
                MAX_FORM_BYTES,
            )
        with page.expect_navigation() as going:
            page.click("form.fields > button")
        assert going.value.status == status
        assert page.get_by_text(says).count() == 1
        look_at(page, str(status))


def test_a_verified_case_is_open_to_everybody(chromium: Any, place: Place) -> None:
    """What was found when the case was verified."""
    with watched(chromium) as page:
        page.goto(f"{place.open}{CASE}/custody")
        with page.expect_navigation():
            page.click("main button")
        look_at(page, "verified")


def test_pages_that_read_from_the_right(
    chromium: Any, place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a language that is written from right to left every page turns round, and still fits."""
    english = Path(messages.__file__).with_name("en.toml").read_text("utf-8")
    (tmp_path / "en.toml").write_text(english)
    (tmp_path / "ar.toml").write_text('[page]\ndirection = "rtl"\n')
    catalogues.cache_clear()
    monkeypatch.setattr(messages, "files", lambda _: tmp_path)
    try:
        with watched(chromium, locale="ar") as page:
            for visit in ("/", CASE, f"{CASE}/dossier", f"{CASE}/listen/{{recording}}"):
                page.goto(place.open + visit.format_map(place.named))
                if "/listen/" in visit:
                    page.wait_for_selector("#player[data-drawn=yes]")
                assert page.evaluate("getComputedStyle(document.body).direction") == "rtl"
                look_at(page, f"rtl{visit.replace('{recording}', '')}")
    finally:
        catalogues.cache_clear()


def test_what_keeps_people_out_is_found(chromium: Any) -> None:
    """The rules themselves: a picture without words and a field without a name are not passed over."""
    with watched(chromium) as page:
        page.set_content("<html lang=en><title>x</title><main><h1>x</h1><img src=''><input></main>")
        assert {each.split(" ")[0] for each in violations(page)} >= {"image-alt", "label"}
