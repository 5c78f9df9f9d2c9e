"""Dates as intervals: absolute, relative to the document, relative to a date before."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earwitness.dossier.dates import find_dates

PUBLISHED = date(2014, 11, 14)  # a Friday
CASES = [
    ("on 4 February 2004", "2004-02-04", "2004-02-04"),
    ("on Aug. 9, 2017", "2017-08-09", "2017-08-09"),
    ("2014-11-13", "2014-11-13", "2014-11-13"),
    ("in May 2010", "2010-05-01", "2010-05-31"),
    ("in 1971", "1971-01-01", "1971-12-31"),
    ("in late 2015", "2015-09-01", "2015-12-31"),
    ("in the 1990s", "1990-01-01", "1999-12-31"),
    ("on Thursday", "2014-11-13", "2014-11-13"),
    ("on Friday", "2014-11-14", "2014-11-14"),
    ("last Friday", "2014-11-07", "2014-11-07"),
    ("in August", "2014-08-01", "2014-08-31"),
    ("in December", "2013-12-01", "2013-12-31"),
    ("since last December", "2013-12-01", "2013-12-31"),
    ("yesterday", "2014-11-13", "2014-11-13"),
    ("last week", "2014-11-03", "2014-11-09"),
    ("last year", "2013-01-01", "2013-12-31"),
    ("earlier this month", "2014-11-01", "2014-11-13"),
    ("three days ago", "2014-11-11", "2014-11-11"),
    ("in the spring of 2017", "2017-03-01", "2017-05-31"),
    ("in the winter of 1951", "1951-12-01", "1952-02-29"),
    ("between 6 and 8 May 2015", "2015-05-06", "2015-05-08"),
    ("between May and November 2012", "2012-05-01", "2012-11-30"),
    ("20 Muharram 1436", "2014-11-12", "2014-11-14"),
]
AFTER_ANOTHER = [
    ("in September 1999 and freed the following December", "1999-12-01", "1999-12-31"),
    ("on 4 February 2004 and freed in December of the same year", "2004-12-01", "2004-12-31"),
    ("on 3 October 2012, four days earlier", "2012-09-29", "2012-09-29"),
    ("in February 2016; three months later", "2016-05-01", "2016-05-31"),
    ("in 2013 …; she appeared the next May", "2014-05-01", "2014-05-31"),
]


@pytest.mark.parametrize(("text", "earliest", "latest"), CASES)
def test_one_date(text: str, earliest: str, latest: str) -> None:
    """A wording becomes the first and the last day that it can mean."""
    (found,) = find_dates(text, PUBLISHED)
    assert (str(found.interval.earliest), str(found.interval.latest)) == (earliest, latest)


@pytest.mark.parametrize(("text", "earliest", "latest"), AFTER_ANOTHER)
def test_a_date_after_another(text: str, earliest: str, latest: str) -> None:
    """A relative date counts from the date that was named before it."""
    found = find_dates(text, PUBLISHED)[-1]
    assert (str(found.interval.earliest), str(found.interval.latest)) == (earliest, latest)


@pytest.mark.parametrize(
    "text",
    ["he may go", "they march on", "a second man", "31 February 2010", "the fall of the city"],
)
def test_what_is_no_date(text: str) -> None:
    """Verbs, counts and days that do not exist are left out."""
    assert find_dates(text, PUBLISHED) == []


def test_without_a_date_of_its_own_a_document_has_no_relative_dates() -> None:
    """ "Last week" cannot be placed in a document without a date: it is left out, not guessed."""
    assert find_dates("last week, on Friday, in August, yesterday", None) == []


@given(st.text(alphabet="0123456789 abcdefgMayJuneOctobeast,.-", max_size=80), st.dates())
def test_any_text(text: str, published: date) -> None:
    """No text makes the grammar fail, and every interval is the right way round."""
    for found in find_dates(text, published):
        assert found.interval.earliest <= found.interval.latest
        assert 0 <= found.span[0] < found.span[1] <= len(text)
