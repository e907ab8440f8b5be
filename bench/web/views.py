"""Pages over HTTP: what the first view of the summary weighs, and 40 users' pages at once.

The first view is the HTML with every style sheet and script that it names, as they come compressed. The
40 pages are of different users with two years over 730 day partitions, so none is in the cache.
"""

import re
from concurrent.futures import ThreadPoolExecutor

from bench.web.report import Row, tell, timed
from bench.web.servers import VIEWER, Answer, Server, gunicorn
from etl.config import Config

MOST_KB = 150
AT_ONCE = 40
LINKED = re.compile(r'<(?:link rel="stylesheet"|script)[^>]*? (?:href|src)="([^"]+)"')


def size(config: Config) -> list[Row]:
    """Weigh the first view.

    Parameters
    ----------
    config : Config
        Of the database whose summary page is asked.
    """
    with gunicorn(VIEWER, config) as viewer:
        page = viewer.get("/")
        paths = ["/", *LINKED.findall(page.body.decode().replace("&amp;", "&"))]
        answers = {path: viewer.get(path, "br") for path in paths}
    failed = [path for path, answer in answers.items() if answer.status != 200]
    kilobytes = {path: len(answer.body) / 1000 for path, answer in answers.items()}
    parts = ", ".join(
        f"{path.partition('?')[0].rpartition('/')[2] or 'HTML'} {size:.1f}"
        for path, size in kilobytes.items()
    )
    total = sum(kilobytes.values())
    return [
        Row(
            "HTML + CSS + JS of the first page view, compressed",
            f"{total:.1f} kB ({parts})" + (f"; failed: {failed}" if failed else ""),
            None,
            f"at most {MOST_KB} kB",
            total <= MOST_KB and not failed and len(paths) > 2,
        )
    ]


def crowd(config: Config) -> list[Row]:
    """Ask for the pages of many users at the same moment.

    Parameters
    ----------
    config : Config
        Of the database with 730 day partitions.
    """
    answers: list[Answer] = []
    with gunicorn(VIEWER, config) as viewer, ThreadPoolExecutor(AT_ONCE) as pool:
        users = range(11, 11 + AT_ONCE)
        seconds = timed(lambda: answers.extend(pool.map(lambda user: _page(viewer, user), users)))
    bad = [answer for answer in answers if answer.status != 200]
    for answer in bad[:3]:
        tell(f"  {answer.status}: {answer.body[:300]!r}")
    return [
        Row(
            f"{AT_ONCE} detail pages at once over 730 partitions",
            f"{AT_ONCE - len(bad)} of {AT_ONCE} answered, in {seconds:.1f} s",
            None,
            "no error",
            not bad,
        )
    ]


def _page(viewer: Server, user: int) -> Answer:
    try:
        return viewer.get(f"/users/{user}")
    except OSError as error:
        return Answer(0, repr(error).encode(), "")
