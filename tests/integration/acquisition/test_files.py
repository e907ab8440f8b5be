"""A source of files: what is new of it, in which forms, and what is refused."""

import os

import pytest

from tests.integration.acquisition.sources import add_source, fetch, make_due, put, tasks, versions

NUMBER = "12345678901234567890.10"


@pytest.fixture
def source(world):
    """A source of `*.json` whose folder is there."""
    put(world, "README.txt", "")
    add_source(world)
    return world


def state(world):
    return world.value("SELECT state FROM data_sources")


def test_records_are_kept_to_the_last_digit(source):
    put(source, "a.json", f'[{{"yen": {NUMBER}, "b": 1}}, 2.50]')
    result = fetch(source)
    assert result.code == 0
    assert versions(source) == [("a.json", f'[{{"b": 1, "yen": {NUMBER}}}, 2.50]')]
    assert result.unit("records") == {"read": 2, "inserted": 2, "identical": 0, "rejected": 0}
    assert result.record["data_source"] == ["prices"]
    assert tasks(source) == [("prices", "SUCCESS", 2)]
    same = "data_hash = encode(sha256(convert_to(raw_data::text, 'UTF8')), 'hex')"
    assert source.value(f"SELECT {same} FROM acquired_data")


@pytest.mark.parametrize(
    ("config", "content", "records"),
    [
        ({"format": "ndjson"}, '{"a": 1.0}\r\n\n2\n', '[{"a": 1.0}, 2]'),
        ({"format": "csv"}, "day,yen\n2026-03-01,007.10\n", '[{"day": "2026-03-01", "yen": "007.10"}]'),
        ({"format": "csv", "encoding": "cp932"}, "日,円\n1,2\n".encode("cp932"), '[{"円": "2", "日": "1"}]'),
        ({"records": "/data/items"}, '{"data": {"items": [1, 2]}, "next": [3]}', "[1, 2]"),
        ({"records": "/0/a~1b"}, '[{"a/b": {"c": 1}}]', '[{"c": 1}]'),
        ({}, '\ufeff{"a": "\\u00e9\\t"}', '[{"a": "é\\t"}]'),
        ({}, "[]", "[]"),
    ],
)
def test_forms(world, config, content, records):
    add_source(world, **config)
    put(world, "a.json", content)
    assert fetch(world).code == 0
    assert versions(world) == [("a.json", records)]


def test_a_row_holds_a_thousand_records(source):
    put(source, "a.json", str([*range(2_500)]))
    assert fetch(source).record["inserted_count"] == 2_500
    rows = "SELECT part, jsonb_array_length(raw_data), raw_data ->> 0 FROM acquired_data ORDER BY part"
    assert source.rows(rows) == [(0, 1_000, "0"), (1, 1_000, "1000"), (2, 500, "2000")]


def test_only_new_and_changed_files_are_read(source):
    put(source, "a.json", "[1]")
    put(source, "b.json", "[2]")
    assert fetch(source).record["input_count"] == 2
    put(source, "b.json", "[3]")
    put(source, "c.json", "[4]")
    (source.data / "sources" / "a.json").unlink()
    assert fetch(source, "prices").record["input_count"] == 2
    assert versions(source) == [("a.json", "[1]"), ("b.json", "[2]"), ("b.json", "[3]"), ("c.json", "[4]")]
    assert sorted(state(source)["files"]) == ["b.json", "c.json"]
    assert fetch(source, "prices").record["input_count"] == 0


def test_a_version_like_the_newest_is_not_stored(source):
    for content in ("[1]", "[1 ]", "[2]", "[1]"):
        put(source, "a.json", content)
        assert fetch(source, "prices").code == 0
    assert versions(source) == [("a.json", "[1]"), ("a.json", "[2]"), ("a.json", "[1]")]
    assert [stored for _, _, stored in tasks(source)] == [1, 0, 1, 1]


def test_patterns_reach_folders_but_no_unfinished_file(world):
    add_source(world, path="**/*.json")
    for name in ("a.json", "x/y/b.json", ".hidden/c.json", "x/.d.json", "e.json.part"):
        put(world, name, "[1]")
    assert fetch(world).code == 0
    assert [document for document, _ in versions(world)] == ["a.json", "x/y/b.json"]


HALF = r'"\ud800"'
DEEP = "[" * 100_000
FAULTS = [
    ("[1, NaN]", None, "bad_json"),
    ("[1, 2", None, "bad_json"),
    ("<html>", None, "bad_json"),
    (DEEP, None, "bad_json"),
    ('{"a": 1} {"a": 2}', None, "bad_json"),
    ("3", None, "no_records"),
    (b'["\xff"]', None, "wrong_encoding"),
    (r'["\u0000"]', 1, "bad_json"),
    (f"[1,\n\n{HALF}]", 3, "bad_json"),
    ("[1, 1e999999]", 1, "bad_json"),
]


@pytest.mark.parametrize(("content", "line", "reason"), FAULTS)
def test_a_fault_keeps_all_of_the_fetch_out(source, content, line, reason):
    put(source, "a.json", content)
    put(source, "b.json", "[7]")
    result = fetch(source)
    assert result.code == 1
    assert result.record["error_summary"].startswith(f"records rolled back: 1 fault ({reason} 1)")
    assert versions(source) == []
    assert state(source) == {}
    assert [(file, at, why) for file, at, _, why in source.rejected()] == [("a.json", line, reason)]
    assert tasks(source) == [("prices", "FAILURE", 0)]


@pytest.mark.parametrize(("content", "line", "reason"), FAULTS)
def test_quarantine_keeps_what_is_good(source, content, line, reason):
    source.do('UPDATE data_sources SET config = config || \'{"on_error": "quarantine"}\'')
    put(source, "a.json", content)
    put(source, "b.json", "[7]")
    result = fetch(source)
    assert (result.code, result.record["metadata"]["on_error"]) == (1, "quarantine")
    good = {"[1, 1e999999]": "[1]", f"[1,\n\n{HALF}]": "[1]", r'["\u0000"]': "[]"}
    expected = [("a.json", good[content])] if content in good else []
    assert versions(source) == [*expected, ("b.json", "[7]")]
    assert [(file, at, why) for file, at, _, why in source.rejected()] == [("a.json", line, reason)]
    make_due(source)
    assert fetch(source).record["status"] == "SUCCESS"


@pytest.mark.parametrize(
    ("form", "content", "line", "reason"),
    [
        ("ndjson", f"1\n{DEEP}\n2", 2, "bad_json"),
        ("ndjson", "1\n2 3", 2, "bad_json"),
        ("csv", "a,b\n1,2\n3", 3, "wrong_fields"),
        ("csv", 'a,b\n1,"2', None, "wrong_fields"),
        ("csv", "a,a\n1,2", None, "wrong_header"),
        ("csv", "", None, "wrong_header"),
        ("csv", "a\nx\0y", 2, "bad_json"),
    ],
)
def test_faults_of_lines(world, form, content, line, reason):
    add_source(world, format=form)
    put(world, "a.json", content)
    assert fetch(world).code == 1
    assert [(at, why) for _, at, _, why in world.rejected()] == [(line, reason)]


def link_file(folder, outside):
    (folder / "a.json").symlink_to(outside / "secret.json")


def link_folder(folder, outside):
    (folder / "in").symlink_to(outside)


def pipe(folder, _outside):
    os.mkfifo(folder / "a.json")


def not_readable(folder, _outside):
    (folder / "a.json").write_text("[1]")
    (folder / "a.json").chmod(0)


@pytest.mark.parametrize(
    ("make", "name", "reason"),
    [
        (link_file, "a.json", "not_a_file"),
        (link_folder, "in/secret.json", "not_a_file"),
        (pipe, "a.json", "not_a_file"),
        (not_readable, "a.json", "unreadable"),
    ],
)
@pytest.mark.parametrize("exact", [True, False])
def test_only_files_below_the_root_are_read(world, make, name, reason, exact):
    if make is not_readable and not os.getuid():
        pytest.skip("root may read anything")
    folder, outside = world.data / "sources", world.root / "outside"
    folder.mkdir()
    outside.mkdir()
    (outside / "secret.json").write_text('["secret"]')
    make(folder, outside)
    pattern = name if exact else "/".join("*" for _ in name.split("/"))
    add_source(world, path=pattern)
    assert fetch(world).code == 1
    assert [(file, why) for file, _, _, why in world.rejected()] == [(name, reason)]
    assert versions(world) == []


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({"path": "/etc/passwd"}, "path: write a path below SOURCE_FILE_ROOT"),
        ({"path": "../a.json"}, "path: write a path below SOURCE_FILE_ROOT"),
        ({"path": "a/../../b"}, "path: write a path below SOURCE_FILE_ROOT"),
        ({"path": ""}, "path: write a path below SOURCE_FILE_ROOT"),
        ({"path": "**a"}, "path: Invalid pattern"),
        ({"records": "items"}, "records: write a JSON pointer"),
        ({"format": "csv", "records": "/a"}, "a pointer leads into json"),
        ({"format": "xml"}, "format: "),
        ({"mode": "append"}, "mode: Extra inputs"),
        ({"path": "none.json"}, "none.json is not there"),
    ],
)
def test_a_wrong_config_is_told(source, config, told):
    source.do("DELETE FROM data_sources")
    add_source(source, **config)
    result = fetch(source)
    assert result.code == 1
    assert told in result.record["error_summary"]
    assert tasks(source) == [("prices", "FAILURE", 0)]


def test_a_file_may_have_so_many_megabytes(source):
    source.set(SOURCE_MAX_MB="1")
    put(source, "a.json", f'["{"x" * (1 << 20)}"]')
    assert fetch(source).code == 1
    assert source.rejected() == [("a.json", None, f"{(1 << 20) + 4} bytes", "body_too_large")]


def test_without_the_root_the_run_fails(world):
    add_source(world)
    result = fetch(world)
    assert "SOURCE_FILE_ROOT names the folder" in result.record["error_summary"]


def test_a_folder_in_the_place_of_the_file_is_refused(world):
    (world.data / "sources" / "a.json").mkdir(parents=True)
    add_source(world, path="a.json")
    assert fetch(world).code == 1
    assert world.rejected() == [("a.json", None, "", "not_a_file")]


def test_old_versions_go_but_never_the_newest(source):
    for name, content in [("a.json", "[1]"), ("a.json", "[2]"), ("b.json", "[3]"), ("a.json", "[4]")]:
        put(source, name, content)
        assert fetch(source, "prices").code == 0
    source.do("UPDATE acquired_data SET acquired_at = acquired_at - interval '31 d' WHERE raw_data <> '[2]'")
    assert fetch(source, "prices").code == 0
    assert len(versions(source)) == 4
    source.set(RAW_RETENTION_DAYS="30")
    assert fetch(source, "prices").code == 0
    assert versions(source) == [("a.json", "[2]"), ("b.json", "[3]"), ("a.json", "[4]")]
