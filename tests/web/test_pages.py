"""The pages themselves: what they say, that what they show cannot act, and that errors are pages too."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path

import pytest
from desks import Browser
from fastapi.testclient import TestClient
from hostile import hostile_case, pages_of

import earwitness
import sounds
from earwitness.outcome import Asked
from earwitness.web import messages
from earwitness.web.app import make_app
from earwitness.web.desk import Desk
from earwitness.web.guard import Door
from earwitness.web.messages import catalogues, messages_for

WEB = Path(str(files("earwitness.web")))
CASE = "/cases/examined.case"


class Markup(HTMLParser):
    """Reads a page: its elements, and what could act in it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.acting: list[str] = []
        self.links: list[str] = []
        self.tags: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of an element."""
        given = dict(attrs)
        self.tags.append(tag)
        self.ids += [given["id"] or ""] if "id" in given else []
        self.links += [given["href"] or ""] if tag == "a" else []
        source = given.get("src") or ""
        is_data = given.get("type") == "application/json"
        if tag == "script" and not source.startswith("/static/") and not is_data:
            self.acting.append(f"script {given}")
        self.acting += [
            f"{tag} {name}" for name in given if name.startswith("on") or name == "style"
        ]
        for name in ("href", "src", "action"):
            address = (given.get(name) or "").strip().lower()
            if address.startswith(("javascript:", "http:", "https:", "//", "data:text")):
                self.acting.append(f"{tag} {name}={address}")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> tuple[Browser, list[str]]:
    """A desk with a hostile case, and all its pages."""
    folder, work = tmp_path_factory.mktemp("desk"), tmp_path_factory.mktemp("work")
    case = hostile_case(folder / "h.case", work)
    app = make_app(Desk(folder, who="ada@desk"), Door(who="ada@desk"))
    browser = Browser(TestClient(app, base_url="http://localhost", follow_redirects=False))
    return browser, pages_of(case)


def test_hostile_texts_cannot_act(hostile: tuple[Browser, list[str]]) -> None:
    """Titles, claims, names, tags, documents, transcripts, speakers and marks stay texts on every page."""
    browser, pages = hostile
    for page in pages:
        answer = browser.get(page)
        assert answer.status_code == 200, page
        read = Markup(answer.text)
        assert "alert" in answer.text or page.endswith("/questions/who"), page
        if not page.endswith("/preview"):  # a report holds its own style; a frame shuts it in
            assert not read.acting, page
        assert read.tags.count("img") <= 1, page  # the desk's own mark
        assert "53597041" not in answer.text, page  # which a template would have made of it


def test_the_preview_is_shut_into_a_frame(browser: Browser) -> None:
    """The report may run nothing, reach nothing, and be framed by the desk alone."""
    policy = browser.get(f"{CASE}/report/preview").headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert policy.endswith("sandbox")
    assert "script" not in policy
    assert "sandbox title" in browser.get(f"{CASE}/report").text


@pytest.mark.parametrize(
    "page", ["", "/questions/what", "/dossier", "/custody", "/report", "/settings"]
)
def test_a_page_is_well_made(browser: Browser, page: str) -> None:
    """No id occurs twice, and each link within the page leads to something in it."""
    read = Markup(browser.get(CASE + page).text)
    assert len(read.ids) == len(set(read.ids))
    for link in read.links:
        if link.startswith("#"):
            assert link[1:] in read.ids


def test_the_case_at_a_glance(browser: Browser) -> None:
    """Every question has its row; what was found, what could not be, and what was not asked differ."""
    text = browser.get(CASE).text
    for asked in Asked:
        assert f'id="q-{asked}"' in text
    assert 'class="tag finding"' in text
    assert 'class="tag missing"' in text


def test_not_examined_never_looks_like_nothing_found(folder: Path, browser: Browser) -> None:
    """An outcome that is no finding says so, why, what it would take, and that it says nothing."""
    short = sounds.write_wav(folder / "short.wav", sounds.tone(0.5))
    case = earwitness.new(folder / "short.case", questioned=[short])
    kinds = [each.outcome.kind for each in case.examine(["heard", "repeats"])]
    assert set(kinds) == {"not_examined"}
    text = browser.get("/cases/short.case/questions/heard").text
    assert 'class="tag not_examined"' in text
    assert "What it would take:" in text
    assert "This says nothing for or against the recording." in text
    assert "tag finding" not in browser.get("/cases/short.case").text


@pytest.mark.parametrize("asked", Asked)
def test_each_question_has_its_page(browser: Browser, asked: Asked) -> None:
    """Also one that no examination answers."""
    assert browser.get(f"{CASE}/questions/{asked}").status_code == 200


def test_a_question_shows_another_exhibit_by_its_mark(browser: Browser) -> None:
    """What was found in a known recording is shown when its mark is asked for."""
    questioned = browser.get(f"{CASE}/questions/what").text
    known = browser.get(f"{CASE}/questions/what?exhibit=K1").text
    assert questioned.count('<article class="answer') == 2
    assert '<span class="mark">K1</span>' in known


def test_trouble_is_a_page_that_says_what_to_do(browser: Browser, folder: Path) -> None:
    """A case that is not there, or damaged, is told in words, with advice; the desk goes on."""
    assert browser.get("/cases/none.case").status_code == 404
    (folder / "examined.case" / "case.toml").write_text("title = [")
    answer = browser.get(CASE)
    assert answer.status_code == 409
    assert "mend that line" in answer.text
    listed = browser.get("/").text
    assert "Cannot be opened" in listed


@pytest.mark.parametrize(
    "name",
    ["%2e%2e", "..%2f..%2fetc", "examined.case%2f..", "%00", "a%0ab", "link.case", ".desk"],
)
def test_no_path_leads_out_of_the_folder(browser: Browser, folder: Path, name: str) -> None:
    """A case is looked up among the folders that are there; nothing is followed, links neither."""
    earwitness.new(folder.parent / "outside.case")
    (folder / "link.case").symlink_to(folder.parent / "outside.case")
    for rest in ("", "/custody", "/exhibits/0000000/file", "/report/file/html"):
        assert browser.get(f"/cases/{name}{rest}").status_code in (404, 422)
    assert "link.case" not in browser.get("/").text


@pytest.mark.parametrize(
    "path", ["/static/../app.py", "/static/%2e%2e/app.py", "/static//etc/passwd"]
)
def test_only_static_files_are_static(browser: Browser, path: str) -> None:
    """No path under the static files leads to others."""
    assert browser.get(path).status_code == 404


def test_links_in_a_case_from_elsewhere_are_not_followed(browser: Browser, folder: Path) -> None:
    """A link in the place of an exhibit or a report does not show what it leads to."""
    secret = folder.parent / "secret.txt"
    secret.write_text("a secret")
    case = earwitness.open(folder / "examined.case")
    exhibit = case.exhibits[0]
    exhibit.path.unlink()
    exhibit.path.symlink_to(secret)
    (case.path / "reports").mkdir()
    (case.path / "reports" / "report.html").symlink_to(secret)
    for path in (f"{CASE}/exhibits/{exhibit.sha256}/file", f"{CASE}/report/file/html"):
        answer = browser.get(path)
        assert answer.status_code == 422
        assert "a secret" not in answer.text


@pytest.mark.parametrize("name", ["50% + #1 & more?.case", "a'b\"c.case", "رسالة.case"])
def test_any_name_of_a_folder_serves(browser: Browser, folder: Path, name: str) -> None:
    """A case in a folder of any name is listed, shown, and returned to after an act."""
    sounds.copy_case(folder / "examined.case", folder / name)
    links = [link for link in Markup(browser.get("/").text).links if link.startswith("/cases/")]
    (link,) = [each for each in links if not each.endswith("/examined.case")]
    assert browser.get(link).status_code == 200
    answer = browser.post(f"{link}/settings", {"title": "Other"})
    assert answer.headers["location"] == link
    assert browser.get(answer.headers["location"]).status_code == 200


def test_every_word_is_in_the_catalogue_and_is_used() -> None:
    """No template and no script asks for a word that is not there, and none is there for nothing."""
    english = catalogues()["en"].texts
    asked: set[str] = set()
    prefixes: set[str] = set()
    for path in (WEB / "templates").glob("*.html"):
        text = path.read_text()
        asked |= set(re.findall(r"""\bt\("([a-z_0-9.]+)"[,)]""", text))
        prefixes |= set(re.findall(r"""\bt\("([a-z_.]+)" ~""", text))
    for path in (WEB / "static").glob("*.js"):
        found = re.findall(r"word\(([^)]*)", path.read_text())
        asked |= {f"script.{key}" for part in found for key in re.findall(r'"(\w+)"', part)}
    asked.discard("page.direction")
    missing = {key for key in asked if key not in english}
    assert not missing
    unused = {
        key
        for key in english
        if key not in asked and not key.startswith((*prefixes, "script.", "page.direction"))
    }
    assert not unused


def test_a_language_is_added_by_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, browser: Browser
) -> None:
    """Another catalogue is used by who asks for it; what it lacks is said in English; pages turn round."""
    english = (WEB / "messages" / "en.toml").read_text()
    (tmp_path / "en.toml").write_text(english)
    (tmp_path / "ar.toml").write_text('[page]\ndirection = "rtl"\n[nav]\ncustody = "الحيازة"\n')
    catalogues.cache_clear()
    monkeypatch.setattr(messages, "files", lambda _: tmp_path)
    try:
        text = browser.get(CASE, headers={"accept-language": "ar-SY,ar;q=0.9,en;q=0.5"}).text
        assert '<html lang="ar" dir="rtl">' in text
        assert "الحيازة" in text
        assert "At a glance" in text
        assert messages_for("xx, en-GB;q=0.5").language == "en"
        assert messages_for("").language == "en"
    finally:
        catalogues.cache_clear()


def test_every_key_of_the_catalogue_can_be_filled_in() -> None:
    """No text has a brace that is not a value's."""
    for text in catalogues()["en"].texts.values():
        text.format_map({name: "x" for name in re.findall(r"{(\w+)}", text)})


def test_scripts_ship_as_they_are(browser: Browser) -> None:
    """Scripts and style are served with their types, and nothing is fetched from elsewhere."""
    for path in (WEB / "static").iterdir():
        answer = browser.get(f"/static/{path.name}")
        assert answer.status_code == 200
        assert answer.headers["content-type"].split(";")[0] in (
            "text/javascript", "application/javascript", "text/css", "image/svg+xml",
        )  # fmt: skip
        assert not re.findall(r"https?://(?!www\.w3\.org/2000/svg)", path.read_text()), path.name
