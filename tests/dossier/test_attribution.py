"""Who said what: source, cue and content in one sentence after another."""

from __future__ import annotations

import pytest

from earwitness.dossier.attribution import Form, find_attributions
from earwitness.dossier.tokens import read_text

CASES = [
    ("direct", '"We are looking at it," Lansing told reporters.', "Lansing", '"We are looking at it,"'),
    ("turned", '"It is an old tape," said Viktor Anisimov, the chairman.', "Viktor Anisimov, the chairman", '"It is an old tape,"'),
    ("two parts", '"We heard it," she said. "Then there was another."', "she", '"We heard it," "Then there was another."'),
    ("indirect", "The ministry said that he was detained in May.", "The ministry", "that he was detained in May"),
    ("no that", "The family says it is the same man.", "The family", "it is the same man"),
    ("aside", "Kemal Aydin, the minister, said the tape was cut.", "Kemal Aydin, the minister", "the tape was cut"),
    ("relative", "A person who has read it said the voice was his.", "A person who has read it", "the voice was his"),
    ("closing", "The tape is a fake, the foundation said on Monday.", "the foundation", "The tape is a fake"),
    ("according", "According to the court, 93 people were killed.", "the court", "93 people were killed"),
    ("according after", "He was born there, according to a biography.", "a biography", "He was born there"),
    ("question mark", '"Why now?" Trump said.', "Trump", '"Why now?"'),
    ("wire marks", "''It is a fake,'' the man said.", "the man", "''It is a fake,''"),
    ("colon", "Cruz continued:\n“You look at the questions.”", "Cruz", "“You look at the questions.”"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "source", "content"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_source_and_content(text: str, source: str, content: str) -> None:
    """The source and the content are found, each as the exact characters of the text."""
    found = find_attributions(read_text(text))
    assert any(
        one.source
        and text[slice(*one.source)] == source
        and " ".join(text[slice(*part)] for part in one.content) == content
        for one in found
    ), [
        (one.source and text[slice(*one.source)], [text[slice(*p)] for p in one.content])
        for one in found
    ]


def test_the_second_verb_has_the_subject_of_the_first() -> None:
    """He calls … and says …": both are his."""
    text = "He noted the date and added that the tape was old."
    sources = [text[slice(*one.source)] for one in find_attributions(read_text(text)) if one.source]
    assert sources == ["He", "He"]


def test_forms() -> None:
    """Direct, mixed and indirect contents are told apart."""
    text = '"It is old," he said. He said it was "a fairy tale" of theirs. He said it was old.'
    assert [one.form for one in find_attributions(read_text(text))] == [
        Form.DIRECT,
        Form.MIXED,
        Form.INDIRECT,
    ]


def test_nothing_is_found_in_a_text_that_reports_nothing() -> None:
    """A text without a reporting word has no attribution."""
    assert find_attributions(read_text("The river is long. Boats go up and down it.")) == []
