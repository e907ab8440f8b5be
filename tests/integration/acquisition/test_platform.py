"""The steps of docs/platform.md, as they are written there."""

import re
import shlex

from tests.unit.documents import ROOT, blocks

DOCUMENT = (ROOT / "docs" / "platform.md").read_text()


def test_the_documented_steps_fetch_a_file(world):
    shell, insert, told, rows = blocks(DOCUMENT)
    _, echo, first = shell.splitlines()
    content, name = re.fullmatch(r"echo '(.+)' > data/(.+)", echo).groups()
    (world.data / name).parent.mkdir(parents=True)
    (world.data / name).write_text(content)
    arguments = shlex.split(first)[3:]
    assert world.tell(*arguments).code == 0
    world.do(insert)
    called, _, balance = told.splitlines()
    assert called.endswith(shlex.join(arguments))
    assert balance in world.tell(*arguments).out.splitlines()
    ((document, run_id, part, records),) = world.rows(rows)
    assert (document, part, records) == ("prices/2026-04-01.json", 0, 1)
    assert run_id == world.value("SELECT max(id) FROM run")
