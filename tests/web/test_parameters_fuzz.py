"""Whatever stands in an address: an answer or a 400 page, never an error of ours, and nothing injected."""

from urllib.parse import quote, urlencode

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.web.policy import keeps_to_the_policy
from tests.web.site import SLOW
from tests.web.test_parameters import BAD

NAMES = [
    "start_date",
    "end_date",
    "area",
    "tariff",
    "measure",
    "split",
    "q",
    "status",
    "sort",
    "after",
    "before",
    "page",
]
VALUES = (
    st.text(max_size=12)
    | st.sampled_from(
        [*(value for values in BAD.values() for value in values), "a1", "5", "last", "energy", "~5~5"]
    )
    | st.integers().map(str)
    | st.dates().map(str)
    | st.tuples(st.text(max_size=3), st.text(max_size=8), st.integers(0, 2**64).map(str)).map("~".join)
    | st.tuples(st.just(""), st.decimals().map(str) | st.datetimes().map(str), st.just("5")).map("~".join)
)


@settings(SLOW, max_examples=120)
@given(
    path=st.sampled_from(["/", "/", "/users/5", "/users/5/readings.csv", "/healthz"]),
    pairs=st.lists(st.tuples(st.sampled_from(NAMES) | st.text(max_size=6), VALUES), max_size=4),
)
@example(path="/", pairs=[("area", "\0"), ("q", "\0")])
@example(path="/", pairs=[("area", "\udfff")])
@example(path="/", pairs=[("sort", "energy"), ("after", "~1e999999~1")])
@example(path="/", pairs=[("page", "last"), ("after", "~5~5")])
def test_no_parameter_is_an_error_of_ours(small, viewer, path, pairs):
    query = urlencode(pairs, errors="surrogatepass")
    page = viewer.follow(f"{path}?{query}")
    assert page.status in (200, 302, 400), query
    if page.headers["Content-Type"].startswith("text/html") and page.status != 302:
        keeps_to_the_policy(page)
    assert small.value("SELECT count(*) FROM reading") == 6


@settings(SLOW, max_examples=60)
@given(raw=st.binary(max_size=30))
@example(raw=b"area=%ff&q=%00")
@example(raw=b"area=%ED%A0%80")
@example(raw=b"&&&=&;=%")
@example(raw=b"lang")
def test_no_query_string_is_an_error_of_ours(small, viewer, raw):
    query = quote(raw, safe="=&%+;")
    assert viewer.follow(f"/?{query}").status in (200, 302, 400), query
