"""A hundred random lives of campaigns, on the real API server; `make faults` plays two thousand."""

from concurrent.futures import ProcessPoolExecutor

import pytest

from lives.company import play

_AT_ONCE = 5


@pytest.mark.parametrize("first", range(1, 101, _AT_ONCE))
def test_whatever_happens_nobody_is_called_twice_or_forgotten(first: int, company: ProcessPoolExecutor) -> None:
    red = [verdict for verdict in play(company, range(first, first + _AT_ONCE)) if verdict.problems]
    assert not red, "\n".join(map(str, red))
