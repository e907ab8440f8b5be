"""Documents lead somewhere: steps beside their SQL."""

from collections import Counter

import pytest

from tests.unit.documents import LINK, SQL, relative

FOLDERS = sorted(path for path in SQL.iterdir() if path.is_dir())


@pytest.mark.parametrize("folder", FOLDERS, ids=relative)
def test_a_folder_of_sql_lists_each_of_its_files_once(folder):
    linked = Counter(LINK.findall((folder / "README.md").read_text()))
    files = [str(path.relative_to(folder)) for path in folder.rglob("*.sql")]
    assert {file: linked[file] for file in files} == dict.fromkeys(files, 1)


def test_the_list_of_sql_folders_is_complete():
    linked = LINK.findall((SQL / "README.md").read_text())
    assert [folder.name for folder in FOLDERS if f"{folder.name}/README.md" not in linked] == []
