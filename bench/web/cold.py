"""Cold pages: the whole request with an empty cache, in process, over a connection that stays open.

The summary page with any filter is measured over 300,000 users against 60; the page of one user with
two years of readings over 730 day partitions against one plain table with an index.
"""

from urllib.parse import urlencode

from bench.web.fill import LAST_DAY
from bench.web.report import Pair, Row, at_most, compare, tell, timed
from etl.config import Config
from web.app import create_app

MOST_SUMMARY, MOST_DETAIL = 3, 3
USER = 101
FIRST_DATE, END_DATE = LAST_DAY.replace(day=8).isoformat(), LAST_DAY.replace(day=21).isoformat()
FILTERS = {
    "no filter": {},
    "dates": {"start_date": FIRST_DATE, "end_date": END_DATE},
    "area": {"area": "Tokyo"},
    "tariff": {"tariff": "night"},
    "area, tariff, dates": {
        "area": "Kansai",
        "tariff": "standard",
        "start_date": FIRST_DATE,
        "end_date": END_DATE,
    },
    "split by area": {"split": "area"},
    "split by tariff": {"split": "tariff", "start_date": FIRST_DATE},
}


class Viewer:
    """The app in this process, asked through Flask's test client.

    Parameters
    ----------
    config : Config
        Of its database.
    """

    def __init__(self, config: Config) -> None:
        self.app = create_app(config)
        self._client = self.app.test_client()
        self._service = self.app.extensions["meterhouse"]
        self.database = self._service.database

    def cold(self, path: str, arguments: dict[str, str] | None = None) -> float:
        """Give the seconds of one request with an empty cache.

        Parameters
        ----------
        path : str
            Of the page.
        arguments : dict, optional
            Its parameters.
        """
        self._service.cache.clear()
        url = f"{path}?{urlencode(arguments or {})}"
        return timed(lambda: self._get(url))

    def _get(self, url: str) -> None:
        headers = {"Accept-Encoding": "br", "Accept-Language": "en"}
        with self._client.get(url, base_url="http://localhost", headers=headers) as response:
            if response.status_code != 200 or not response.data:
                raise RuntimeError(f"{url} answers {response.status}")


def summary(large: Viewer, small: Viewer) -> list[Row]:
    """Measure the summary page with each filter."""
    what = "cold summary page, any filter, 300,000 users against 60 (worst)"
    return [
        at_most(
            what, [_told(name, large, small, "/", given) for name, given in FILTERS.items()], MOST_SUMMARY
        )
    ]


def detail(partitioned: Viewer, plain: Viewer) -> list[Row]:
    """Measure the page of one user."""
    pair = _told("whole page", partitioned, plain, f"/users/{USER}", {})
    return [
        at_most("cold detail page, two years over 730 partitions against a plain table", [pair], MOST_DETAIL)
    ]


def _told(name: str, large: Viewer, small: Viewer, path: str, given: dict[str, str]) -> Pair:
    pair = compare(name, lambda: large.cold(path, given), lambda: small.cold(path, given))
    tell(f"  {pair} {pair.ratio:.2f}")
    return pair
