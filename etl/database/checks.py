"""Checks in SQL, inside the transaction: the rows they return are sentences of complaint."""

from etl.errors import CheckFailed


def complain(complaints: list[tuple[str]]) -> None:
    """Fail with the sentences that a check in SQL returned, if any.

    Raises
    ------
    CheckFailed
        With all of them.
    """
    if complaints:
        raise CheckFailed("; ".join(sentence for (sentence,) in complaints))
