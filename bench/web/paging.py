"""The user table: first, next and last page with any sort, filter and search, 300,000 users against 60.

Every combination is asked of the database alone first (`web.users.page`), a few times; those that cost
the larger database most are then measured properly: alone, for information, and as the whole request
with an empty cache, which is what has a bar.
"""

from collections.abc import Callable
from dataclasses import dataclass

from werkzeug.datastructures import MultiDict

from bench.web.cold import Viewer
from bench.web.fill import AREAS, TARIFFS
from bench.web.report import Pair, Row, at_most, compare, tell, timed
from web.data import user_table
from web.data.filters import Summary
from web.pages import parameters

MOST_PAGE = 2
GLANCES = 3
# Whole requests take long: so many of the worst, beside the pages that everybody sees.
WORST = 5
PAGES = ("first", "next", "last")
SORTS = parameters.ORDERS
SELECTIONS = {
    "all": {},
    "area": {"area": "Tokyo"},
    "area and tariff": {"area": "Kansai", "tariff": "standard"},
    "departed": {"status": "departed"},
    "search 1": {"q": "1"},
    "search 5": {"q": "5"},
    "search 29": {"q": "29"},
    "search 1, departed": {"q": "1", "status": "departed"},
    "search 12, tariff": {"q": "12", "tariff": "night"},
    "search in vain": {"q": "7777777"},
}


@dataclass(frozen=True)
class Case:
    """One page of the table: its name, and the parameters on each side."""

    name: str
    large: dict[str, str]
    small: dict[str, str]


def measure(large: Viewer, small: Viewer) -> list[Row]:
    """Measure the table's pages.

    Parameters
    ----------
    large, small : Viewer
        Of 300,000 and of 60 users.
    """
    cases = _cases(large, small)
    tell(f"  {len(cases)} combinations of page, sort, filter and search")
    glances = {case.name: _table(case, large, small, GLANCES) for case in cases}
    by_cost = sorted(
        cases, key=lambda case: glances[case.name].large - glances[case.name].small, reverse=True
    )
    usual = [case for case in cases if case.name in {f"{page}, id, all" for page in PAGES}]
    chosen = usual + [case for case in by_cost if case not in usual][:WORST]
    tables = [_told("table alone", _table(case, large, small)) for case in chosen]
    pages = [_told("request", _request(case, large, small)) for case in chosen]
    costly = max(tables, key=lambda pair: pair.large)
    return [
        at_most("first, next, last page of users, any sort, filter, search (worst)", pages, MOST_PAGE),
        Row("the same, the table's queries alone (costliest)", str(costly), costly.ratio),
    ]


def _cases(large: Viewer, small: Viewer) -> list[Case]:
    return [
        Case(
            f"{page}, {sort}, {name}",
            _arguments(large, page, {**selection, "sort": sort}),
            _arguments(small, page, {**selection, "sort": sort}),
        )
        for name, selection in SELECTIONS.items()
        for sort in SORTS
        for page in PAGES
    ]


def _arguments(viewer: Viewer, page: str, given: dict[str, str]) -> dict[str, str]:
    if page == "last":
        return {**given, "page": "last"}
    after = user_table.page(viewer.database, _asked(given)).after if page == "next" else None
    # Where all are on the first page, that one is measured.
    return {**given, "after": after} if after else given


def _asked(given: dict[str, str]) -> Summary:
    return parameters.summary(MultiDict(given), AREAS, TARIFFS)


def _table(case: Case, large: Viewer, small: Viewer, times: int | None = None) -> Pair:
    sides = _ask(large, case.large), _ask(small, case.small)
    return compare(case.name, *sides, times, warm=1) if times else compare(case.name, *sides)


def _ask(viewer: Viewer, given: dict[str, str]) -> Callable[[], float]:
    asked = _asked(given)
    return lambda: timed(lambda: user_table.page(viewer.database, asked))


def _request(case: Case, large: Viewer, small: Viewer) -> Pair:
    return compare(case.name, lambda: large.cold("/", case.large), lambda: small.cold("/", case.small))


def _told(what: str, pair: Pair) -> Pair:
    tell(f"  {what}: {pair} {pair.ratio:.2f}")
    return pair
