"""Records are cut out of a body as they stand there, and a body that is not whole gives none."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.sources.formats import Format, read
from etl.sources.records import BadBody

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
spaces = st.sampled_from([None, 0, 2])


def cut(text, **form):
    return [record.text for record in read(text.encode(), Format(**form))]


def escaped(name):
    return name.replace("~", "~0").replace("/", "~1")


@given(st.lists(values, max_size=5), spaces, st.booleans())
def test_the_items_of_an_array(items, indent, ascii_only):
    text = json.dumps(items, indent=indent, ensure_ascii=ascii_only)
    assert [json.loads(one) for one in cut(text)] == items


@given(st.lists(values, max_size=3), st.dictionaries(texts, values, max_size=3), st.lists(texts, max_size=3))
def test_the_items_that_a_pointer_leads_to(items, around, path):
    whole = items
    for name in reversed(path):
        whole = {**around, name: whole}
    pointer = "".join(f"/{escaped(name)}" for name in path)
    assert [json.loads(one) for one in cut(json.dumps(whole), records=pointer)] == items


@given(st.lists(values, min_size=1, max_size=3), st.integers(1, 100))
def test_a_body_that_is_cut_off_is_bad(items, length):
    text = json.dumps({"data": items})
    with pytest.raises(BadBody):
        cut(text[: -min(length, len(text))], records="/data")


def test_numbers_stay_as_they_are_written():
    numbers = ["1.10", "-0.0", "12345678901234567890.10", "1E+2", "9" * 5_000]
    assert cut(f"[{', '.join(numbers)}]") == numbers
    assert cut("\n".join(numbers), format="ndjson") == numbers
    assert Decimal(numbers[2]) != Decimal(float(numbers[2]))


@pytest.mark.parametrize(
    ("text", "pointer", "found"),
    [
        ("", "", "character 1: Expecting value"),
        ("[1 2]", "", "character 4: , is missing"),
        ('{"a" 1}', "/b", "character 6: : is missing"),
        ("{1: 2}", "/b", 'character 2: " is missing'),
        ("[1] 2", "", "character 4: more than one value"),
        ("[1", "", "it is cut off"),
        ("[NaN]", "", "NaN is no JSON"),
        ("[" * 100_000, "", "nested too deep"),
        ('["a\tb"]', "", "character 4: Invalid control character at"),
    ],
)
def test_what_is_wrong_with_json_is_told(text, pointer, found):
    with pytest.raises(BadBody) as bad:
        cut(text, records=pointer)
    assert (bad.value.reason, bad.value.found) == ("bad_json", found)


@pytest.mark.parametrize(
    ("text", "pointer"),
    [
        ("3", ""),
        ('{"a": [1]}', "/b"),
        ('{"a": 1}', "/a"),
        ('{"a": [1], "a": [2]}', "/a"),
        ("[[1]]", "/1"),
    ],
)
def test_a_pointer_leads_to_records_once(text, pointer):
    with pytest.raises(BadBody, match="no_records"):
        cut(text, records=pointer)


def test_lines_are_counted():
    assert [one.line for one in read(b"[\n1,\n\n2, 3]", Format())] == [2, 4, 4]
    assert [one.line for one in read(b"\n1\n\n2", Format(format="ndjson"))] == [2, 4]
    assert [one.line for one in read(b'a\n"x\ny"\nz', Format(format="csv"))] == [2, 4]
