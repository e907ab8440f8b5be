"""What goes wrong with a real InfluxDB is an error that says what to do; never a day with less in it."""

from collections.abc import Iterator

import pytest

from etl.errors import SourceFailed
from etl.sources.influx import Influx
from tests.influx import Influxd
from tests.integration.archive.cut import cut_after
from tests.integration.archive.reading import END, FIRST, START, by_source, many, read

POINT = f"power,source=a instant_power_w=1 {FIRST}"


@pytest.fixture
def own_server(tmp_path) -> Iterator[Influxd]:
    """For tests that change its settings or kill it."""
    server = Influxd(tmp_path / "influxd")
    yield server
    server.stop()


@pytest.fixture(scope="module")
def guarded(tmp_path_factory) -> Iterator[Influxd]:
    """One that asks who it is: `reader` may read database d, `poor` nothing."""
    server = Influxd(tmp_path_factory.mktemp("guarded"), auth=True)
    server.write("d", [POINT])
    for user in ("reader", "poor"):
        server.query(f"CREATE USER {user} WITH PASSWORD 'パス:word-7'")
    server.query("GRANT READ ON d TO reader")
    yield server
    server.stop()


def test_an_unknown_database_is_told(influxd):
    with pytest.raises(SourceFailed, match=r"database not found: nobody; check INFLUX_BUCKET$"):
        read(influxd.config("nobody"))


def test_an_unknown_measurement_is_told(influx):
    influx.write([POINT])
    with pytest.raises(SourceFailed, match="has no measurement 'powr'; check INFLUX_MEASUREMENT"):
        read(influx.config(influx_measurement="powr"))


def test_a_server_that_is_down_is_told(own_server):
    own_server.kill()
    expected = rf"InfluxDB at {own_server.url}, asked for power .*: Connection refused; check INFLUX_URL"
    with pytest.raises(SourceFailed, match=expected):
        read(own_server.config("d"))


@pytest.mark.parametrize(
    ("user", "password", "told"),
    [
        (
            "",
            "",
            "status 401: unable to parse .*; check INFLUX_TOKEN, or INFLUX_USERNAME and INFLUX_PASSWORD",
        ),
        ("reader", "wrong-7", "status 401: authorization failed; check INFLUX_TOKEN, or INFLUX_USERNAME"),
        ("poor", "パス:word-7", "status 403: .* requires READ on d; give that user READ on the database"),
    ],
)
def test_who_may_not_read_is_told_so(guarded, user, password, told):
    with pytest.raises(SourceFailed, match=told) as failed:
        read(guarded.config("d", influx_username=user, influx_password=password))
    assert "word-7" not in str(failed.value)
    assert "wrong-7" not in str(failed.value)


def test_a_user_with_the_right_reads(guarded):
    config = guarded.config("d", influx_username="reader", influx_password="パス:word-7")
    assert by_source(read(config)) == {"a": [(0, 1, None, None)]}


@pytest.mark.parametrize(("value", "told"), [('"far"', "text"), ("true", "true or false")])
@pytest.mark.parametrize("elsewhere", [True, False], ids=["other types in another shard", "no other type"])
def test_a_value_that_is_no_number_is_told(influx, value, told, elsewhere):
    """InfluxDB shows it as missing where the field has numbers in another shard that is asked for."""
    influx.write([f"power,source=a energy_import_kwh={value} {FIRST + 3600}", POINT])
    if elsewhere:
        influx.write([f"power,source=a energy_import_kwh=1 {FIRST + 30 * 86_400}"])
    expected = rf": energy_import_kwh is {told} at 2026-04-01T01:00:00Z; have numbers written"
    with pytest.raises(SourceFailed, match=expected):
        read(influx.config())


def test_a_type_check_stops_at_the_end_of_day(influx):
    influx.write([POINT, f'power,source=b energy_export_kwh="far" {FIRST + 86_400}'])
    assert by_source(read(influx.config())) == {"a": [(0, 1, None, None)]}


@pytest.mark.parametrize(
    ("limit", "told"),
    [
        ({"query-timeout": "10ms"}, "query-timeout limit exceeded; raise query-timeout in InfluxDB's"),
        ({"max-select-series": 1}, "max-select-series limit .*; raise that limit in InfluxDB's"),
    ],
)
def test_a_limit_of_the_server_is_told(own_server, limit, told):
    """It is an answer of status 200 all the same."""
    own_server.write(
        "d", [*many(100_000), f"power,source=b instant_power_w=1 {FIRST * 1000}"], precision="ms"
    )
    assert sum(len(piece.times) for piece in read(own_server.config("d"))) == 100_001
    own_server.restart(coordinator=limit)
    with pytest.raises(SourceFailed, match=told):
        read(own_server.config("d"))


def test_a_server_killed_in_mid_answer_is_told(own_server):
    own_server.write("d", many(300_000), precision="ms")
    points = Influx(own_server.config("d"), lambda: None).points(START, END)
    next(points)
    own_server.kill()
    with pytest.raises(SourceFailed, match="the connection broke off in the middle of the answer; run again"):
        list(points)


@pytest.mark.parametrize("kept", [0, 100, 1_000_000])
def test_a_cut_connection_is_told(influx, kept):
    influx.write(many(100_000), precision="ms")
    with (
        cut_after(influx.server.url, kept) as address,
        pytest.raises(SourceFailed, match=r"broke off|closed"),
    ):
        read(influx.config(influx_url=address))
